(function(d,w){var s=w.speechSynthesis,b=d.getElementById('aloud'),i=0,v,u,m;
if(!s)return;d.querySelector('h1').after(b);
function look(){v=s.getVoices().filter(function(x){return x.localService&&RegExp('^'+d.documentElement.lang+'(-(?!cyrl)|$)','i').test(x.lang.replace('_','-'))})[0];b.hidden=!v}
function mark(e){if(m)m.classList.remove('now');if(m=e){e.classList.add('now');e.scrollIntoView({block:'center'})}b.setAttribute('aria-pressed',!!e)}
function stop(){u=0;s.cancel();mark()}
function read(a){var k=a[i];if(!k){i=0;return stop()}mark(k.parentNode);u=k=new SpeechSynthesisUtterance(k.data);u.voice=v;u.lang=v.lang;k.onend=function(){if(u==k){i++;read(a)}};k.onerror=function(){if(u==k)stop()};s.speak(k)}
b.onclick=function(){if(u)return stop();var t=d.createTreeWalker(d.querySelector('main'),4),a=[],n;
while(n=t.nextNode())if(/\S/.test(n.data)&&n.parentNode.getClientRects()[0]&&!n.parentNode.closest('[dir],[translate],nav,.o,#aloud,details:not([open])>:not(summary)'))a.push(n);read(a)};
d.addEventListener('click',function(e){if(e.target.closest('#exit,#rec'))stop()},true);
d.addEventListener('keydown',function(e){if(e.key=='Escape'){i=0;stop()}});
d.addEventListener('visibilitychange',stop);w.addEventListener('pagehide',stop);s.onvoiceschanged=look;look()})(document,window)
