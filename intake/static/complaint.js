(function(d,w){var f=d.getElementById('f'),c=f.elements.code,s=d.getElementById('story'),o=d.getElementById('left'),h=w.history,g=w.Intl&&Intl.Segmenter&&new Intl.Segmenter();
if(h.state&&h.state.code)c.value=h.state.code;else h.replaceState({code:c.value},'');
function size(v){var n=0,i;if(!g)return Array.from(v).length;i=g.segment(v)[Symbol.iterator]();while(!i.next().done)n++;return n}
function count(){var k=1e4-size(s.value.trim().normalize());o.setAttribute('aria-live',k<500?'polite':'off');o.textContent=o.dataset.t.replace('#',(k+'').replace(/\B(?=(...)+$)/,d.documentElement.lang=='en'?',':'\xa0'));o.className=k<0?'e':''}
s.addEventListener('input',count);f.addEventListener('submit',function(e){if(s.value.length>3e5){e.preventDefault();count();s.focus()}});if(s.value)count()})(document,window)
