/**
 * Runs in a page before its own scripts and gives it a camera that shows a painted person, for pictures that are to be
 * looked at. Which one is told by `look` in the page's address.
 */
export function paintCamera(): void {
  const look = Number(new URLSearchParams(location.search).get('look') ?? 0);
  const looks = [
    { wall: ['#f2d9c2', '#e0a98a'], shirt: '#2f6f73', skin: '#f0c6a4', hair: '#4a2f22' },
    { wall: ['#cfe3ea', '#7fa9bd'], shirt: '#d98f4e', skin: '#8d5a3c', hair: '#1d1512' },
    { wall: ['#dfe8d0', '#9db98a'], shirt: '#6a4d7c', skin: '#e7b48d', hair: '#c9a24f' },
    { wall: ['#e7dcf0', '#a692c4'], shirt: '#b8503f', skin: '#c98f65', hair: '#2b2b33' },
  ];
  const { wall, shirt, skin, hair } = looks[look % looks.length] as (typeof looks)[number];
  const canvas = document.createElement('canvas');
  canvas.width = 960;
  canvas.height = 540;
  const context = canvas.getContext('2d');
  const devices = navigator.mediaDevices;
  if (!context || !devices) return;
  const ellipse = (x: number, y: number, width: number, height: number, colour: string) => {
    context.fillStyle = colour;
    context.beginPath();
    context.ellipse(x, y, width, height, 0, 0, 2 * Math.PI);
    context.fill();
  };
  const draw = (time: number) => {
    const sway = Math.sin(time / 900 + look) * 10;
    const nod = Math.sin(time / 620 + look) * 5;
    const back = context.createLinearGradient(0, 0, 960, 540);
    back.addColorStop(0, wall[0] ?? '');
    back.addColorStop(1, wall[1] ?? '');
    context.fillStyle = back;
    context.fillRect(0, 0, 960, 540);
    context.globalAlpha = 0.25;
    context.fillStyle = '#ffffff';
    context.fillRect(60 + look * 90, 50, 190, 250);
    context.globalAlpha = 1;
    context.fillStyle = skin;
    context.fillRect(436 + sway * 0.8, 330, 88, 110);
    ellipse(480 + sway * 0.6, 620, 260, 220, shirt);
    ellipse(480 + sway, 232 + nod, 118, 138, hair);
    ellipse(480 + sway, 256 + nod, 98, 120, skin);
    context.save();
    context.beginPath();
    context.ellipse(480 + sway, 256 + nod, 102, 124, 0, Math.PI * 1.05, Math.PI * 1.95);
    context.closePath();
    context.clip();
    ellipse(480 + sway, 150 + nod, 120, 74, hair);
    context.restore();
    for (const side of [-36, 36]) ellipse(480 + sway + side, 252 + nod, 7, 9, '#2a2320');
    context.strokeStyle = '#8c4a3c';
    context.lineWidth = 6;
    context.lineCap = 'round';
    context.beginPath();
    context.arc(480 + sway, 296 + nod, 34, 0.2 * Math.PI, 0.8 * Math.PI);
    context.stroke();
  };
  setInterval(() => draw(performance.now()), 66);
  draw(0);
  const open = devices.getUserMedia.bind(devices);
  devices.getUserMedia = async (constraints) =>
    constraints?.video ? canvas.captureStream(15) : await open(constraints);
}
