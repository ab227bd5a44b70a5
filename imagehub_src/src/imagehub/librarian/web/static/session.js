// Plays all videos of a session as one: the first that is long enough leads, the others are kept beside it.
"use strict";

const videos = [...document.querySelectorAll("#videos video")];
const play = document.getElementById("play");
const position = document.getElementById("position");
const clock = document.getElementById("clock");
const APART = 0.08; // seconds; less is not corrected, as each correction makes a video stutter
let playing = false;

const delay = (video) => Number(video.dataset.delay) || 0; // how much later than the first camera this one began
const end = (video) => delay(video) + (video.duration || 0);
const leader = () => videos.reduce((best, video) => (end(video) > end(best) ? video : best));
const now = () => leader().currentTime + delay(leader());

for (const video of videos) {
  video.addEventListener("loadedmetadata", measure);
  video.addEventListener("ended", () => video === leader() && stop());
}
measure();

function measure() {
  position.max = Math.max(...videos.map(end));
}

play.addEventListener("click", () => (playing ? stop() : start()));
position.addEventListener("input", () => seek(Number(position.value)));

function start() {
  if (now() >= Number(position.max) - 0.05) seek(0);
  playing = true;
  play.textContent = "Pause all";
  follow();
}

function stop() {
  playing = false;
  play.textContent = "Play all";
  for (const video of videos) video.pause();
  seek(now());
}

function seek(time) {
  for (const video of videos) video.currentTime = Math.min(Math.max(0, time - delay(video)), video.duration || 0);
  show(time);
}

function follow() {
  if (!playing) return;
  const time = now();
  for (const video of videos) {
    const wanted = time - delay(video);
    const due = wanted >= 0 && wanted < (video.duration || 0);
    if (due && video.paused) video.play().catch(() => {});
    if (!due && !video.paused && video !== leader()) video.pause();
    if (due && video !== leader() && Math.abs(video.currentTime - wanted) > APART) video.currentTime = wanted;
  }
  show(time);
  setTimeout(follow, 100);
}

function show(time) {
  position.value = time;
  clock.textContent = `${time.toFixed(1)} s`;
}
