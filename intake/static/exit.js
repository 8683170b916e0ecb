(function(d,w){var n=0,t,x=d.getElementById('exit');
function go(e){e.preventDefault();d.documentElement.style.display='none';w.location.replace(x.href)}
x.addEventListener('click',go);
d.addEventListener('keydown',function(e){clearTimeout(t);n=e.key=='Escape'?n+1:0;if(n>2)go(e);t=setTimeout(function(){n=0},2000)})})(document,window)
