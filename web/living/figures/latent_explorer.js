/* The plane of codes, and what the decoder draws at a point of it: one plane (chapter 4), or one for each
   weight β of the KL divergence, from which a slider chooses (chapter 10, "vae_planes"). */
"use strict";

livingFigures.explorer = (content, figure) => {
  const { element, unpack, digits, drawDigits, slider, button, choice, toggle } = livingFigures;
  const { caption, spoken } = livingFigures;

  const between = (low, x, high) => Math.min(Math.max(x, low), high);

  const erf = (x) => {  // Abramowitz and Stegun 7.1.26, within 1.5e-7
    const t = 1 / (1 + 0.3275911 * Math.abs(x));
    const factors = [1.061405429, -1.453152027, 1.421413741, -0.284496736, 0.254829592];
    const tail = factors.reduce((sum, factor) => (sum + factor) * t, 0);
    return Math.sign(x) * (1 - tail * Math.exp(-x * x));
  };
  const activations = {
    linear: (a) => a,
    relu: (a) => Math.max(0, a),
    gelu: (a) => 0.5 * a * (1 + erf(a / Math.SQRT2)),
    sigmoid: (a) => 1 / (1 + Math.exp(-a)),
    tanh: Math.tanh,
  };

  /* A dense network from packed layers, as a function from numbers to numbers. */
  function network(layers) {
    const unpacked = layers.map(({ weights, biases, activation }) => ({
      weights: unpack(weights), biases: unpack(biases), activate: activations[activation],
    }));
    return (code) => unpacked.reduce((input, { weights, biases, activate }) => {
      const output = Float32Array.from(biases);
      for (let i = 0; i < input.length; i++) {
        const row = i * output.length;
        for (let j = 0; j < output.length; j++) output[j] += input[i] * weights[row + j];
      }
      return output.map(activate);
    }, Float32Array.from(code));
  }

  function readPlane({ range, layers, codes, labels, density, middles, checks }) {
    const [[xLow, xHigh], [yLow, yHigh]] = range;
    const counts = unpack(density), cells = density.shape[0];
    return {
      xLow, xHigh, yLow, yHigh, cells, density: counts, most: counts.reduce((a, b) => Math.max(a, b), 0),
      decode: network(layers), codes: unpack(codes), labels: unpack(labels), middles, checks,
    };
  }

  const betas = content.betas ?? [];
  const planes = (content.planes ?? [content]).map(readPlane);
  let now = planes[0];
  const SIZE = 840;
  const plane = element("canvas", {
    width: SIZE, height: SIZE, class: "living-plane", tabindex: 0, role: "application",
    "aria-label": "The plane of codes. Drag the point, or move it with the arrow keys, " +
      "with shift in larger steps.",
  });
  const picture = digits(1, "the decoded image");
  picture.classList.add("living-one");
  const says = spoken();
  const background = element("canvas", { width: SIZE, height: SIZE });
  const shareX = (x) => (x - now.xLow) / (now.xHigh - now.xLow);
  const shareY = (y) => (y - now.yLow) / (now.yHigh - now.yLow);
  const px = (x) => shareX(x) * SIZE, py = (y) => SIZE - shareY(y) * SIZE;
  const cellOf = (x, y) => {
    const { cells, density } = now;
    const column = Math.floor(shareX(x) * cells), row = Math.floor(shareY(y) * cells);
    return density[between(0, column, cells - 1) * cells + between(0, row, cells - 1)];
  };
  let point = [...now.middles[3]];

  const paint = () => {
    const { cells, density, most, codes, labels } = now;
    const context = background.getContext("2d"), style = getComputedStyle(figure);
    const colour = (name) => style.getPropertyValue(`--living-${name}`).trim();
    context.fillStyle = colour("paper");
    context.fillRect(0, 0, SIZE, SIZE);
    if (shade.checked) {
      const step = SIZE / cells;
      context.fillStyle = colour("shade");
      for (let i = 0; i < cells; i++) {
        for (let j = 0; j < cells; j++) {
          const count = density[i * cells + j];
          if (!count) continue;
          context.globalAlpha = 0.25 + 0.6 * Math.log1p(count) / Math.log1p(most);
          context.fillRect(i * step, SIZE - (j + 1) * step, step + 0.5, step + 0.5);
        }
      }
      context.globalAlpha = 1;
    }
    const how = marks.select.value;
    context.font = "bold 17px sans-serif";
    context.textAlign = "center", context.textBaseline = "middle";
    for (let i = 0; how !== "hidden" && i < labels.length; i++) {
      const x = codes[2 * i] / 65535 * SIZE, y = SIZE - codes[2 * i + 1] / 65535 * SIZE;
      context.fillStyle = colour(how === "digits" ? `digit-${labels[i]}` : "ink");
      if (how === "digits") context.fillText(labels[i], x, y);
      else context.fillRect(x - 2, y - 2, 4, 4);
    }
    draw();
  };

  const draw = () => {
    const context = plane.getContext("2d"), style = getComputedStyle(figure);
    context.drawImage(background, 0, 0);
    const [a, b] = ends();
    context.strokeStyle = style.getPropertyValue("--living-ink");
    context.lineWidth = 3;
    context.setLineDash([10, 8]);
    context.beginPath();
    context.moveTo(px(a[0]), py(a[1])), context.lineTo(px(b[0]), py(b[1]));
    context.stroke();
    context.setLineDash([]);
    for (const [radius, width, name] of [[16, 9, "paper"], [16, 5, "point"]]) {
      context.lineWidth = width, context.strokeStyle = style.getPropertyValue(`--living-${name}`);
      context.beginPath();
      context.arc(px(point[0]), py(point[1]), radius, 0, 2 * Math.PI);
      context.stroke();
    }
    drawDigits(picture, now.decode(point).map((v) => 255 * v));
  };

  const moveTo = (x, y, quiet) => {
    point = [between(now.xLow, x, now.xHigh), between(now.yLow, y, now.yHigh)];
    first.set(point[0], true), second.set(point[1], true);
    draw();
    const here = cellOf(...point);
    says.textContent = `(${point[0].toFixed(1)}, ${point[1].toFixed(1)}): ` + (here
      ? `${here} training code${here === 1 ? "" : "s"} in this cell.`
      : "no training code was ever here. The decoder draws all the same.");
    says.setAttribute("aria-live", quiet ? "off" : "polite");
  };

  const step = (low, high) => (high - low) / 400;
  const asNumber = (v) => v.toFixed(1);
  const first = slider("first number", { min: now.xLow, max: now.xHigh, step: "any", value: point[0] },
    asNumber, (v) => moveTo(v, point[1]));
  const second = slider("second number", { min: now.yLow, max: now.yHigh, step: "any", value: point[1] },
    asNumber, (v) => moveTo(point[0], v));
  const marks = choice("test codes", ["digits", "points", "hidden"], () => paint());
  const { row: shading, input: shade } = toggle("density of training codes", () => paint());

  const tenDigits = Array.from({ length: 10 }, (_, i) => i);
  const retell = () => { draw(), tellOfPath(); };
  const from = choice("from", tenDigits, retell), to = choice("to", tenDigits, retell);
  from.select.value = 1, to.select.value = 0;
  const ends = () => [now.middles[from.select.value], now.middles[to.select.value]];
  const along = (share) => ends()[0].map((a, i) => a + share * (ends()[1][i] - a));
  const path = element("p", { class: "living-says" });
  const tellOfPath = () => {
    let empty = 0;
    for (let i = 0; i <= 200; i++) empty += cellOf(...along(i / 200)) === 0;
    path.textContent = `${Math.round(100 * empty / 201)}% of the way from ${from.select.value} ` +
      `to ${to.select.value} leads through cells without a training code.`;
  };
  let playing = 0, began = 0;
  const frame = (time) => {
    began ||= time;
    const share = Math.min((time - began) / 4000, 1);
    moveTo(...along(share), true);
    if (share < 1) playing = requestAnimationFrame(frame);
    else stop();
  };
  const stop = () => { cancelAnimationFrame(playing), playing = 0, film.textContent = "play the film"; };
  const film = button("play the film", () => {
    if (playing) return stop();
    began = 0, film.textContent = "stop", playing = requestAnimationFrame(frame);
  });

  const follow = (event) => {
    const box = plane.getBoundingClientRect();
    moveTo(now.xLow + (event.clientX - box.left) / box.width * (now.xHigh - now.xLow),
      now.yHigh - (event.clientY - box.top) / box.height * (now.yHigh - now.yLow));
  };
  plane.addEventListener("pointerdown", (event) => {
    if (playing) stop();
    plane.setPointerCapture(event.pointerId), follow(event);
  });
  plane.addEventListener("pointermove", (event) => {
    if (plane.hasPointerCapture(event.pointerId)) follow(event);
  });
  const arrows = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
  plane.addEventListener("keydown", (event) => {
    if (!(event.key in arrows)) return;
    const [right, up] = arrows[event.key];
    event.preventDefault();
    const far = event.shiftKey ? 10 : 1;
    const steps = [step(now.xLow, now.xHigh), step(now.yLow, now.yHigh)];
    moveTo(point[0] + far * right * steps[0], point[1] + far * up * steps[1]);
  });
  new MutationObserver(paint).observe(document.documentElement, { attributeFilter: ["data-theme"] });

  /* Change to the plane of another β. The point goes to the same digit's middle. */
  const change = (index) => {
    if (playing) stop();
    now = planes[index];
    for (const [{ input }, low, high] of [[first, now.xLow, now.xHigh], [second, now.yLow, now.yHigh]]) {
      input.min = low, input.max = high;
    }
    paint(), moveTo(...now.middles[3], true), tellOfPath();
  };
  /* Two numbers from a standard normal distribution, by Box and Muller. */
  const drawCode = () => {
    const radius = Math.sqrt(-2 * Math.log(1 - Math.random())), turn = 2 * Math.PI * Math.random();
    moveTo(radius * Math.cos(turn), radius * Math.sin(turn));
  };
  const ofPlanes = betas.length ? [
    slider("β (0: a plain autoencoder)", { min: 0, max: planes.length - 1, step: 1, value: 0 },
      (index) => betas[index], change).row,
    element("div", { class: "living-buttons" }, button("draw a code", drawCode)),
  ] : [];

  const side = element("div", { class: "living-side" }, picture, says, ...ofPlanes, first.row, second.row,
    element("div", { class: "living-buttons" }, marks.row, shading),
    element("div", { class: "living-buttons" }, from.row, to.row, film), path);
  figure.append(element("div", { class: "living-explorer" }, plane, side),
    caption("The two numbers of a code, and the image that the decoder draws from them, computed in this " +
      "page. Drag the point over the plane, by mouse, touch or arrow keys." + (betas.length
      ? " “Draw a code” takes two numbers from a standard normal distribution." : "")));
  paint(), moveTo(...point), tellOfPath();
  figure.living = {
    moveTo, unpack, pixelOf: (x, y) => [shareX(x), 1 - shareY(y)],
    get checks() { return now.checks; },
  };
};

for (const name of ["latent_explorer", "vae_planes"]) livingFigures.figure(name, livingFigures.explorer);
