(function(d,w){var f=d.getElementById('f'),i=d.getElementById('recording'),b=d.getElementById('rec'),g=b.querySelector('button'),c=b.querySelector('b'),s=d.getElementById('said'),a=d.getElementById('heard'),t=s.dataset,u=navigator.mediaDevices,M=w.MediaRecorder,y,r,k,z;
function say(m,l){s.textContent=t[m];g.textContent=t[l];b.className=l}
function hear(q){if(a.src)URL.revokeObjectURL(a.src);a.hidden=!q;if(q)a.src=URL.createObjectURL(q);else a.removeAttribute('src');f.noValidate=!q}
function stop(){if(r&&r.state!='inactive')r.stop()}
function clock(n){n=Math.min(300,n/1e3|0);c.textContent=(n/60|0)+':'+('0'+n%60).slice(-2)}
i.addEventListener('change',function(){var q=i.files[0],l=q&&q.size>5242880;if(l)i.value='';hear(l?0:q);say(l?'large':q?'chosen':'none','record')});
if(!M||!M.isTypeSupported||!u||!u.getUserMedia)return;
y=['audio/webm;codecs=opus','audio/mp4','audio/ogg;codecs=opus'].filter(function(v){return M.isTypeSupported(v)})[0];
try{new DataTransfer().items.add(new File(['x'],'x'))}catch(e){return}
if(!y)return;b.hidden=false;
function record(m){var p=[],o=Date.now();function off(){clearInterval(k);m.getTracks().forEach(function(v){v.stop()})}
try{r=new M(m,{mimeType:y,audioBitsPerSecond:24e3});r.ondataavailable=function(e){if(e.data.size)p.push(e.data)};
r.onstop=function(){var x=new DataTransfer(),v=y.split(';')[0],q=new File(p,'voice.'+(v=='audio/mp4'?'m4a':v.slice(6)),{type:v});off();r=0;x.items.add(q);i.files=x.files;hear(q);say('done','again');if(z)f.requestSubmit()};
r.start(1e3)}catch(e){r=0;off();throw e}
z=0;hear();say('on','stop');clock(0);k=setInterval(function(){var n=Date.now()-o;clock(n);if(n>=3e5)stop()},250)}
g.addEventListener('click',function(){if(r)return stop();g.disabled=true;say('wait','record');u.getUserMedia({audio:{channelCount:1}}).then(record).catch(function(){say('no','record')}).then(function(){g.disabled=false})});
f.addEventListener('submit',function(e){if(r){e.preventDefault();z=1;stop()}});
d.addEventListener('keydown',function(e){if(e.key=='Escape')stop()});
d.getElementById('exit').addEventListener('click',stop);w.addEventListener('pagehide',stop)})(document,window)
