(function(d,w){var f=d.getElementById('f'),i=d.getElementById('files'),list=d.getElementById('row'),said=d.getElementById('said'),b=d.getElementById('pause'),t=f.dataset,K=262144,size=K,queue=[],busy,paused,bad=0,over,xhr,wake;
function say(s){if(said.textContent!=s)said.textContent=s}
function nap(ms){return new Promise(function(done){var k=setTimeout(done,ms);wake=function(){clearTimeout(k);done()}})}
function post(path,body,moved){return new Promise(function(done){var x=xhr=new XMLHttpRequest();x.open('POST',f.getAttribute('action')+path);x.timeout=3e5;
x.setRequestHeader('X-CSRFToken',f.elements.csrf_token.value);x.setRequestHeader('Content-Type','application/'+(moved?'octet-stream':'x-www-form-urlencoded'));
if(moved)x.upload.onprogress=function(e){moved(e.loaded)};
x.onloadend=function(){var a={};try{a=JSON.parse(x.responseText)}catch(e){}a.code=x.status;done(a)};x.send(body)})}
async function mark(q){try{var a=await new Response(new Blob([q.slice(0,65536),q.slice(-65536)])).arrayBuffer();
return Array.from(new Uint8Array(await crypto.subtle.digest('SHA-256',a)),function(n){return(n+256).toString(16).slice(1)}).join('')}catch(e){return''+q.lastModified}}
function gap(kept,all){var n=0,k=0;for(;k<kept.length&&kept[k][0]<=n;k++)n=Math.max(n,kept[k][1]);return n<all&&[n,k<kept.length?kept[k][0]:all]}
async function send(r){var q=r.file,m=await mark(q),u,whole,fails=0,told=-1,a,g,c,at,end,li;
function show(n){var p=Math.min(99,100*n/q.size|0);r.bar.value=p;r.text.textContent=p+' %';if((p/25|0)>told){told=p/25|0;say(t.going+': '+q.name+', '+p+' %')}}
for(;;){while(paused)await nap(1e9);
if(whole){a=await post('/'+u.name+'/finish','');if(a.code==404)whole=0}
else if(!u||u.stale){a=await post('/begin','name='+encodeURIComponent(q.name)+'&size='+q.size+'&mark='+m);
if(a.code==200){u=a;if(li=d.getElementById('u'+u.name))li.remove()}else if(a.code==404)a.code=403}
else if(g=gap(u.kept,Math.ceil(q.size/u.chunk))){c=u.chunk;at=g[0]*c;end=Math.min(q.size,c*Math.min(g[1],g[0]+Math.max(1,size/c|0)));show(at);
var began=Date.now();a=await post('/'+u.name+'/'+g[0],q.slice(at,end),function(n){show(at+n)});
if(a.kept){began=Date.now()-began;size=began<2e3?Math.min(16*K,size*2):began>8e3?K:size;u.kept.push(a.kept);u.kept.sort(function(x,y){return x[0]-y[0]});
if(a.kept[1]>a.kept[0])fails=0;else a.code=0}}
else{whole=1;continue}
if(a.done){r.bar.value=100;r.text.textContent='✓ '+t.done;return}
if(a.code==401){over=1;r.text.textContent='';var l=d.createElement('a');l.href=location.pathname;l.textContent=a.said;said.textContent='';said.appendChild(l);l.focus();return}
if(a.code==422||a.code==413||a.code==403){bad++;r.text.textContent=a.said||t.large;r.text.className='e';return}
if(a.code!=200){size=K;if(u)u.stale=1;if(!paused){if(!a.again)say(a.said||t.gone);await nap(Math.min(3e4,1e3*Math.pow(2,fails++)))}}}}
function row(q){var li=d.createElement('li'),e=d.createElement('b'),p=d.createElement('progress'),s=d.createElement('p'),why=q.size?q.size>+t.largest&&t.large:t.empty;
e.textContent=q.name;e.dir='auto';e.id='p'+list.children.length;p.max=100;p.value=0;p.setAttribute('aria-labelledby',e.id);s.textContent=why||'0 %';
li.appendChild(e);if(!why)li.appendChild(p);li.appendChild(s);list.appendChild(li);if(why){bad++;s.className='e'}else queue.push({file:q,bar:p,text:s})}
async function go(){if(busy)return;busy=1;b.hidden=!queue.length;while(queue.length&&!over)await send(queue.shift());busy=0;b.hidden=1;if(!over)say(bad?t.some:t.all)}
f.addEventListener('submit',function(e){if(!i.files.length&&!busy)return;e.preventDefault();Array.from(i.files).forEach(row);i.value='';if(paused)b.click();go()});
b.addEventListener('click',function(){paused=!paused;b.textContent=paused?t.on:t.pause;if(paused){say(t.paused);xhr&&xhr.abort()}else wake&&wake()});
w.addEventListener('online',function(){if(wake&&!paused)wake()})})(document,window)
