/* What the living figures share. Each computes in the page what a chapter's cell computed, from data that
   the chapter wrote (aeutils/living.py). Classic scripts, so that they also run in a page opened from disk.

   A page holds `<div data-living="NAME">` and loads this, figures/NAME.js and data/NAME.js, in this order.
   What stands in the div, a link or a still picture, gives way to the figure. Without JavaScript it stays.
   A figure that is made of what stands there needs no data of its own: it calls `data` itself. */

const livingFigures = (() => {
  "use strict";

  const builders = {};
  const arrived = {};

  /* Tell how the figure NAME is built: `build` gets its data, the element to fill, and the div. */
  function figure(name, build) {
    builders[name] = build;
  }

  /* Hand over the data of the figure NAME, and build it wherever the page has a place for it. */
  function data(name, content) {
    arrived[name] = content;
    if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", () => build(name));
    else build(name);
  }

  function build(name) {
    for (const place of document.querySelectorAll(`[data-living="${name}"]`)) {
      const figure = element("figure", { class: "living-figure", role: "group" });
      builders[name](arrived[name], figure, place);
      place.replaceChildren(figure);
      place.dataset.ready = "";
    }
  }

  function element(name, attributes = {}, ...children) {
    return fill(document.createElement(name), attributes, children);
  }

  function svg(name, attributes = {}, ...children) {
    return fill(document.createElementNS("http://www.w3.org/2000/svg", name), attributes, children);
  }

  function fill(node, attributes, children) {
    for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
    node.append(...children);
    return node;
  }

  const half = (h) => {
    const sign = h & 0x8000 ? -1 : 1, exponent = (h >> 10) & 31, fraction = h & 1023;
    return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
  };

  /* The array that aeutils.living.packed packed. */
  function unpack({ dtype, base64 }) {
    const bytes = Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
    if (dtype === "float16") return Float32Array.from(new Uint16Array(bytes.buffer), half);
    return new { uint8: Uint8Array, uint16: Uint16Array, float32: Float32Array }[dtype](bytes.buffer);
  }

  /* A canvas for images side by side. */
  function digits(count, label) {
    const size = { width: 28 * count, height: 28 };
    return element("canvas", { ...size, class: "living-digits", role: "img", "aria-label": label });
  }

  /* Draw images; levels are grey, 0 to 255, 784 an image. */
  function drawDigits(canvas, levels) {
    const context = canvas.getContext("2d", { willReadFrequently: true });
    const image = context.createImageData(canvas.width, 28);
    const count = canvas.width / 28;
    for (let n = 0; n < count; n++) {
      for (let p = 0; p < 784; p++) {
        const place = 4 * (Math.floor(p / 28) * canvas.width + 28 * n + (p % 28));
        image.data.fill(Math.round(levels[784 * n + p]), place, place + 3);
        image.data[place + 3] = 255;
      }
    }
    context.putImageData(image, 0, 0);
  }

  /* Two rows of images, above each other. */
  function rows(originals, label, drawn) {
    const named = [element("span", {}, "original"), originals, element("span", {}, label), drawn];
    return element("div", { class: "living-rows" }, ...named);
  }

  let controls = 0;

  /* A labelled slider; `show` says its value in words, `moved` hears of each change. */
  function slider(text, { min, max, step, value }, show, moved) {
    const id = `living-${++controls}`;
    const input = element("input", { type: "range", id, min, max, step, value });
    const output = element("output", { for: id });
    const set = (number, quiet) => {
      input.value = number;
      output.value = show(input.valueAsNumber);
      input.setAttribute("aria-valuetext", output.value);
      if (!quiet) moved(input.valueAsNumber);
    };
    input.addEventListener("input", () => set(input.value));
    set(value, true);
    const label = element("label", { for: id }, text);
    return { row: element("div", { class: "living-slider" }, label, input, output), input, set };
  }

  function button(text, pressed) {
    const node = element("button", { type: "button" }, text);
    node.addEventListener("click", pressed);
    return node;
  }

  /* A labelled menu. */
  function choice(text, options, changed) {
    const id = `living-${++controls}`;
    const select = element("select", { id }, ...options.map((o) => element("option", { value: o }, o)));
    select.addEventListener("change", changed);
    const label = element("label", { for: id }, text);
    return { row: element("span", { class: "living-choice" }, label, select), select };
  }

  /* A labelled box to tick. */
  function toggle(text, changed) {
    const id = `living-${++controls}`;
    const input = element("input", { type: "checkbox", id });
    input.addEventListener("change", changed);
    const label = element("label", { for: id }, text);
    return { row: element("span", { class: "living-choice" }, input, label), input };
  }

  function caption(text) {
    return element("figcaption", {}, text);
  }

  /* A line that is read out when it changes. */
  function spoken() {
    return element("p", { class: "living-says", "aria-live": "polite" });
  }

  function line(xs, ys, attributes) {
    const points = xs.map((x, i) => `${x.toFixed(1)},${ys[i].toFixed(1)}`).join(" ");
    return svg("polyline", { points, fill: "none", ...attributes });
  }

  function text(x, y, words, attributes = {}) {
    return svg("text", { x, y, ...attributes }, String(words));
  }

  return {
    data, figure, content: (name) => arrived[name],
    element, svg, unpack, digits, drawDigits, rows, slider, button, choice, toggle, caption, spoken, line,
    text,
  };
})();
