// Shows of a picture the part around a box: the picture is moved and enlarged behind its frame.
"use strict";

for (const picture of document.querySelectorAll("img[data-box]")) {
  if (picture.complete && picture.naturalWidth) fit(picture);
  else picture.addEventListener("load", () => fit(picture), { once: true });
}

function fit(picture) {
  const [left, top, width, height] = picture.dataset.box.split(" ").map(Number);
  const frame = picture.parentElement;
  const draw = () => {
    // As large as the box and a margin around it fill the frame.
    const wide = width * picture.naturalWidth, high = height * picture.naturalHeight;
    const scale = Math.min(frame.clientWidth / wide, frame.clientHeight / high) * 0.7;
    picture.style.width = `${picture.naturalWidth * scale}px`;
    picture.style.height = `${picture.naturalHeight * scale}px`;
    picture.style.left = `${frame.clientWidth / 2 - (left + width / 2) * picture.naturalWidth * scale}px`;
    picture.style.top = `${frame.clientHeight / 2 - (top + height / 2) * picture.naturalHeight * scale}px`;
    frame.classList.add("cropped");
  };
  new ResizeObserver(draw).observe(frame);
}
