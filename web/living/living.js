/* The living figures: each computes in the page what a chapter's cell computed, from data that the
   chapter wrote (aeutils/living.py). One classic script, so that it also runs in a page opened from disk.

   A page holds `<div data-living="NAME">`; data/NAME.js calls livingFigures.data(NAME, content); what
   stands in the div, a link or a still picture, gives way to the figure. Without JavaScript it stays. */

const livingFigures = (() => {
  "use strict";

  const builders = {};
  const arrived = {};

  function data(name, content) {
    arrived[name] = content;
    if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", () => build(name));
    else build(name);
  }

  function build(name) {
    for (const place of document.querySelectorAll(`[data-living="${name}"]`)) {
      const figure = element("figure", { class: "living-figure", role: "group" });
      builders[name](arrived[name], figure);
      place.replaceChildren(figure);
      place.dataset.ready = "";
    }
  }

  /* ---- what the figures share ---- */

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

  const erf = (x) => {  // Abramowitz and Stegun 7.1.26, within 1.5e-7
    const t = 1 / (1 + 0.3275911 * Math.abs(x));
    const tail = ((((1.061405429 * t - 1.453152027) * t + 1.421413741) * t - 0.284496736) * t + 0.254829592) * t;
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
        for (let j = 0, k = i * output.length; j < output.length; j++, k++) output[j] += input[i] * weights[k];
      }
      return output.map(activate);
    }, Float32Array.from(code));
  }

  const digits = (count, label) => {
    const canvas = element("canvas", { width: 28 * count, height: 28, role: "img", "aria-label": label });
    canvas.className = "living-digits";
    return canvas;
  };

  /* Draw images side by side; levels are grey, 0 to 255, 784 an image. */
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
    const row = element("div", { class: "living-slider" }, element("label", { for: id }, text), input, output);
    return { row, input, set };
  }

  function button(text, pressed) {
    const node = element("button", { type: "button" }, text);
    node.addEventListener("click", pressed);
    return node;
  }

  function choice(text, options, changed) {
    const id = `living-${++controls}`;
    const select = element("select", { id }, ...options.map((o) => element("option", { value: o }, String(o))));
    select.addEventListener("change", changed);
    return { row: element("span", { class: "living-choice" }, element("label", { for: id }, text), select), select };
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

  /* A table with a head; `rows` are arrays of texts, the first of each its heading. */
  function table(head, rows) {
    const cells = (tag, row) => row.map((value, i) => element(i ? tag : "th", i ? {} : { scope: "row" }, value));
    const header = element("tr", {}, ...head.map((value) => element("th", { scope: "col" }, value)));
    return element("table", { class: "living-table" }, element("thead", {}, header),
      element("tbody", {}, ...rows.map((row) => element("tr", {}, ...cells("td", row)))));
  }

  const between = (low, x, high) => Math.min(Math.max(x, low), high);

  /* ---- chapter 2: the loss at a pixel ---- */

  builders.pixel_losses = (content, figure) => {
    const values = Array.from(unpack(content.values), (v) => v / 255), counts = unpack(content.counts);
    const total = counts.reduce((a, b) => a + b, 0);
    let delta = content.delta, answer = 0.5;
    const losses = {
      "squared error": (x, v) => (x - v) ** 2,
      "absolute error": (x, v) => Math.abs(x - v),
      "cross-entropy": (x, v) => -x * Math.log(v) - (1 - x) * Math.log(1 - v),
      Huber: (x, v) => {
        const d = Math.abs(x - v);
        return d <= delta ? d * d / 2 : delta * (d - delta / 2);
      },
    };
    const mean = (loss, v) => values.reduce((sum, x, i) => sum + counts[i] * loss(x, v), 0) / total;
    const answers = Array.from({ length: 999 }, (_, i) => (i + 1) / 1000);
    const curves = {};
    const compute = (name) => {
      const curve = answers.map((v) => mean(losses[name], v));
      const low = Math.min(...curve), high = Math.max(...curve);
      curves[name] = { curve, low, high, best: answers[curve.indexOf(low)] };
    };
    Object.keys(losses).forEach(compute);

    const W = 640, H = 330, left = 46, right = 12, top = 12, bottom = 40;
    const x = (v) => left + v * (W - left - right);
    const y = (share) => H - bottom - share * (H - top - bottom);
    const chart = svg("svg", { viewBox: `0 0 ${W} ${H}`, role: "img" });
    const frame = svg("g", {});
    for (let i = 0; i <= 10; i += 2) {
      frame.append(text(x(i / 10), H - bottom + 18, i / 10, { "text-anchor": "middle" }),
        svg("line", { x1: x(i / 10), x2: x(i / 10), y1: y(0), y2: y(1), class: "living-grid" }));
    }
    frame.append(text(x(0.5), H - 4, "answer v", { "text-anchor": "middle" }),
      text(14, y(0.5), "mean loss, scaled to [0, 1]", { transform: `rotate(-90 14 ${y(0.5)})`, "text-anchor": "middle" }));
    const bars = svg("g", { class: "living-bars" });
    const bins = new Array(25).fill(0);
    values.forEach((v, i) => { bins[Math.min(24, Math.floor(25 * v))] += counts[i]; });
    bins.forEach((count, i) => bars.append(svg("rect", {
      x: x(i / 25), width: x(1 / 25) - x(0) - 1, y: y(count / total), height: y(0) - y(count / total),
    })));
    const curved = svg("g", {}), marks = svg("g", {});
    chart.append(frame, bars, curved, marks);
    const styles = { "squared error": ["1", ""], "absolute error": ["3", "2 5"], "cross-entropy": ["2", "9 5"], Huber: ["4", "9 4 2 4"] };
    const readout = element("div", { class: "living-scroll" });

    const draw = () => {
      curved.replaceChildren(), marks.replaceChildren(
        svg("line", { x1: x(answer), x2: x(answer), y1: y(0), y2: y(1), class: "living-cursor" }));
      const rows = [];
      for (const [name, { curve, low, high, best }] of Object.entries(curves)) {
        const scaled = (loss) => (loss - low) / (high - low);
        const [colour, dashes] = styles[name];
        curved.append(line(answers.map(x), curve.map((loss) => y(scaled(loss))), {
          class: `living-line living-colour-${colour}`, "stroke-dasharray": dashes, "stroke-width": 2.5,
        }));
        const now = mean(losses[name], answer);
        marks.append(svg("circle", { cx: x(answer), cy: y(scaled(now)), r: 5, class: `living-dot living-colour-${colour}` }));
        rows.push([name, now.toFixed(4), low.toFixed(4), best.toFixed(3)]);
      }
      readout.replaceChildren(table(["loss", "at your answer", "lowest", "at"], rows));
      chart.setAttribute("aria-label", `Mean loss against the answer; your answer is ${answer.toFixed(3)}`);
    };
    const answering = slider("your answer v", { min: 0.001, max: 0.999, step: 0.001, value: answer },
      (v) => v.toFixed(3), (v) => { answer = v; draw(); });
    const threshold = slider("Huber's threshold δ", { min: 0.01, max: 1, step: 0.01, value: delta },
      (v) => v.toFixed(2), (v) => { delta = v; compute("Huber"); draw(); });
    const jumps = element("div", { class: "living-buttons" }, "go to the lowest point of ");
    for (const name of Object.keys(losses)) jumps.append(button(name, () => answering.set(curves[name].best)));
    const legend = element("p", { class: "living-legend" });
    for (const [name, [colour, dashes]] of Object.entries(styles)) {
      legend.append(element("span", {}, svg("svg", { width: 34, height: 10, "aria-hidden": "true" },
        line([1, 33], [5, 5], { class: `living-line living-colour-${colour}`, "stroke-dasharray": dashes, "stroke-width": 2.5 })), name));
    }
    const [row, column] = content.pixel;
    figure.append(chart, legend, answering.row, threshold.row, jumps, readout, caption(
      `Pixel (${row}, ${column}): the bars are its values in ${total.toLocaleString("en")} training images, the curves the ` +
      "mean loss of one answer to all of them, each scaled from its lowest point to its highest. With δ = 1 Huber is half the squared error."));
    draw();
    figure.living = { best: () => Object.fromEntries(Object.entries(curves).map(([n, c]) => [n, c.best])) };
  };

  /* ---- chapter 3: the ladder ---- */

  builders.ladder = (content, figure) => {
    const { rungs, levels } = content;
    const most = Math.max(...rungs.flatMap((rung) => [rung.together, rung.alone ?? 0]));
    const W = 640, left = 132, right = 46, row = 30, top = 26, H = top + row * rungs.length + 34;
    const x = (error) => left + error / most * (W - left - right);
    const chart = svg("svg", { viewBox: `0 0 ${W} ${H}`, role: "img" });
    const originals = digits(8, "eight test images"), drawn = digits(8, "");
    drawDigits(originals, unpack(content.originals));
    const pictures = rungs.map((rung) => unpack(rung.images));
    const says = spoken();
    let now = 0;

    const draw = () => {
      chart.replaceChildren();
      for (const [name, level] of Object.entries(levels)) {
        if (level > most) continue;
        chart.append(svg("line", { x1: x(level), x2: x(level), y1: top - 6, y2: H - 30, class: "living-level" }),
          text(x(level), name === "PCA-30" ? top - 10 : H - 16, `${name}: ${level.toFixed(2)}`, { "text-anchor": name === "PCA-30" ? "middle" : "start" }));
      }
      rungs.forEach((rung, i) => {
        const y = top + row * i, here = i === now;
        const group = svg("g", { class: here ? "living-here" : i < now ? "living-done" : "living-later" });
        group.append(text(left - 8, y + 17, rung.name, { "text-anchor": "end" }));
        if (i <= now) {
          group.append(svg("rect", { x: left, y: y + 3, width: x(rung.together) - left, height: 14, class: "living-together" }),
            text(x(rung.together) + 5, y + 15, rung.together.toFixed(2)));
          if (rung.alone !== null) {
            group.append(svg("rect", { x: left, y: y + 19, width: x(rung.alone) - left, height: 5, class: "living-alone" }));
          }
        }
        chart.append(group);
      });
      const rung = rungs[now], before = rungs[now - 1];
      drawDigits(drawn, pictures[now]);
      drawn.setAttribute("aria-label", `the same after the rung ${rung.name}`);
      const against = rung.together < levels["PCA-30"] ? "below" : "above";
      const change = before ? `, ${Math.abs(100 * (1 - rung.together / before.together)).toFixed(0)}% ` +
        `${rung.together <= before.together ? "less" : "more"} than the rung before` : "";
      const alone = rung.alone === null || now === 0 ? "" : ` This change alone: ${rung.alone.toFixed(2)}.`;
      says.textContent = `${rung.name}: ${rung.together.toFixed(2)}${change}, ${against} PCA-30.${alone} ` +
        `${rung.parameters.toLocaleString("en")} parameters, trained in ${rung.seconds.toFixed(0)} s.`;
      chart.setAttribute("aria-label", `The ladder up to ${rung.name}: squared error ${rung.together.toFixed(2)}`);
      back.disabled = now === 0, on.disabled = now === rungs.length - 1;
    };
    const stepping = slider("rung", { min: 0, max: rungs.length - 1, step: 1, value: 0 },
      (i) => `${i} of ${rungs.length - 1}`, (i) => { now = i; draw(); });
    const back = button("one rung back", () => stepping.set(now - 1));
    const on = button("next change", () => stepping.set(now + 1));
    figure.append(element("div", { class: "living-buttons" }, back, on), stepping.row, says, chart,
      element("div", { class: "living-rows" }, element("span", {}, "original"), originals, element("span", {}, "this rung"), drawn),
      caption("Squared error per test image, 30 numbers. Wide bars: each change on top of those above it. Thin bars: the change alone, made to the program."));
    draw();
    figure.living = { step: stepping.set, says };
  };

  /* ---- chapter 6: overfitting ---- */

  builders.overfitting = (content, figure) => {
    const { errors, epochs, lowest } = content;
    const last = errors.training.length;
    const all = [...errors.training, ...errors.unseen];
    const W = 640, H = 300, left = 46, right = 12, top = 12, bottom = 40;
    const low = Math.log(Math.min(...all) * 0.9), high = Math.log(Math.max(...all) * 1.1);
    const x = (epoch) => left + (epoch - 1) / (last - 1) * (W - left - right);
    const y = (error) => H - bottom - (Math.log(error) - low) / (high - low) * (H - top - bottom);
    const chart = svg("svg", { viewBox: `0 0 ${W} ${H}`, role: "img" });
    for (const tick of [1, 2, 5, 10, 20, 50, 100].filter((t) => Math.log(t) > low && Math.log(t) < high)) {
      chart.append(svg("line", { x1: left, x2: W - right, y1: y(tick), y2: y(tick), class: "living-grid" }),
        text(left - 6, y(tick) + 4, tick, { "text-anchor": "end" }));
    }
    for (const tick of [1, 20, 40, 60, 80].filter((t) => t <= last)) {
      chart.append(text(x(tick), H - bottom + 18, tick, { "text-anchor": "middle" }));
    }
    chart.append(text((left + W) / 2, H - 4, "epoch", { "text-anchor": "middle" }),
      text(12, (H - bottom) / 2, "squared error", { transform: `rotate(-90 12 ${(H - bottom) / 2})`, "text-anchor": "middle" }));
    const series = Array.from({ length: last }, (_, i) => x(i + 1));
    chart.append(line(series, errors.training.map(y), { class: "living-line living-colour-1", "stroke-dasharray": "8 4", "stroke-width": 2.5 }),
      line(series, errors.unseen.map(y), { class: "living-line living-colour-4", "stroke-width": 2.5 }),
      text(W - right, y(errors.unseen[last - 1]) - 10, "unseen images", { "text-anchor": "end" }),
      text(W - right, y(errors.training[last - 1]) - 14, "training images", { "text-anchor": "end" }),
      svg("line", { x1: x(lowest), x2: x(lowest), y1: y(errors.unseen[lowest - 1]) - 9, y2: y(errors.unseen[lowest - 1]) + 9, class: "living-level" }));
    const cursor = svg("g", {});
    chart.append(cursor);
    const shown = content.images.shape[1], pictures = unpack(content.images);
    const originals = digits(shown, "four training images and four unseen ones"), drawn = digits(shown, "");
    drawDigits(originals, unpack(content.originals));
    const says = spoken();

    const draw = (i) => {
      const epoch = epochs[i], [seen, unseen] = [errors.training[epoch - 1], errors.unseen[epoch - 1]];
      cursor.replaceChildren(svg("line", { x1: x(epoch), x2: x(epoch), y1: top, y2: H - bottom, class: "living-cursor" }),
        svg("circle", { cx: x(epoch), cy: y(seen), r: 5, class: "living-dot living-colour-1" }),
        svg("circle", { cx: x(epoch), cy: y(unseen), r: 5, class: "living-dot living-colour-4" }));
      drawDigits(drawn, pictures.subarray(784 * shown * i, 784 * shown * (i + 1)));
      drawn.setAttribute("aria-label", `the same after epoch ${epoch}`);
      says.textContent = `Epoch ${epoch}: training images ${seen.toFixed(2)}, unseen images ${unseen.toFixed(2)}, gap ${(unseen - seen).toFixed(2)}. ` +
        `The error of unseen images is lowest in epoch ${lowest}, ${errors.unseen[lowest - 1].toFixed(2)}.`;
      chart.setAttribute("aria-label", `Errors over ${last} epochs, logarithmic; epoch ${epoch} is marked`);
    };
    const stepping = slider("epoch", { min: 0, max: epochs.length - 1, step: 1, value: 0 }, (i) => String(epochs[i]), draw);
    figure.append(stepping.row, says, chart,
      element("div", { class: "living-rows" }, element("span", {}, "original"), originals, element("span", {}, "this epoch"), drawn),
      caption("Left four: training images. Right four: images that the network has never seen. The short line marks the lowest error of unseen images."));
    draw(0);
    figure.living = { step: stepping.set, says };
  };

  /* ---- chapter 4: the latent explorer ---- */

  builders.latent_explorer = (content, figure) => {
    const [[xLow, xHigh], [yLow, yHigh]] = content.range;
    const decode = network(content.layers);
    const codes = unpack(content.codes), labels = unpack(content.labels), density = unpack(content.density);
    const cells = content.density.shape[0], most = density.reduce((a, b) => Math.max(a, b), 0);
    const SIZE = 840;
    const plane = element("canvas", {
      width: SIZE, height: SIZE, class: "living-plane", tabindex: 0, role: "application",
      "aria-label": "The plane of codes. Drag the point, or move it with the arrow keys, with shift in larger steps.",
    });
    const picture = digits(1, "the decoded image");
    picture.classList.add("living-one");
    const says = spoken();
    const background = element("canvas", { width: SIZE, height: SIZE });
    const px = (x) => (x - xLow) / (xHigh - xLow) * SIZE, py = (y) => SIZE - (y - yLow) / (yHigh - yLow) * SIZE;
    const cellOf = (x, y) => {
      const column = Math.floor((x - xLow) / (xHigh - xLow) * cells), row = Math.floor((y - yLow) / (yHigh - yLow) * cells);
      return density[between(0, column, cells - 1) * cells + between(0, row, cells - 1)];
    };
    let point = [...content.middles[3]];

    const paint = () => {
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
      drawDigits(picture, decode(point).map((v) => 255 * v));
    };

    const moveTo = (x, y, quiet) => {
      point = [between(xLow, x, xHigh), between(yLow, y, yHigh)];
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
    const first = slider("first number", { min: xLow, max: xHigh, step: "any", value: point[0] }, asNumber, (v) => moveTo(v, point[1]));
    const second = slider("second number", { min: yLow, max: yHigh, step: "any", value: point[1] }, asNumber, (v) => moveTo(point[0], v));
    const marks = choice("test codes", ["digits", "points", "hidden"], () => paint());
    const shade = element("input", { type: "checkbox", id: "living-density" });
    shade.addEventListener("change", paint);

    const tenDigits = Array.from({ length: 10 }, (_, i) => i);
    const retell = () => { draw(), tellOfPath(); };
    const from = choice("from", tenDigits, retell), to = choice("to", tenDigits, retell);
    from.select.value = 1, to.select.value = 0;
    const ends = () => [content.middles[from.select.value], content.middles[to.select.value]];
    const along = (share) => ends()[0].map((a, i) => a + share * (ends()[1][i] - a));
    const path = element("p", { class: "living-says" });
    const tellOfPath = () => {
      let empty = 0;
      for (let i = 0; i <= 200; i++) empty += cellOf(...along(i / 200)) === 0;
      path.textContent = `${Math.round(100 * empty / 201)}% of the way from ${from.select.value} to ${to.select.value} leads through cells without a training code.`;
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
      moveTo(xLow + (event.clientX - box.left) / box.width * (xHigh - xLow),
        yHigh - (event.clientY - box.top) / box.height * (yHigh - yLow));
    };
    plane.addEventListener("pointerdown", (event) => {
      if (playing) stop();
      plane.setPointerCapture(event.pointerId), follow(event);
    });
    plane.addEventListener("pointermove", (event) => { if (plane.hasPointerCapture(event.pointerId)) follow(event); });
    plane.addEventListener("keydown", (event) => {
      const [right, up] = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[event.key] ?? [0, 0];
      if (!right && !up) return;
      event.preventDefault();
      const far = event.shiftKey ? 10 : 1;
      moveTo(point[0] + far * right * step(xLow, xHigh), point[1] + far * up * step(yLow, yHigh));
    });
    new MutationObserver(paint).observe(document.documentElement, { attributeFilter: ["data-theme"] });

    figure.append(
      element("div", { class: "living-explorer" }, plane, element("div", { class: "living-side" }, picture, says, first.row, second.row,
        element("div", { class: "living-buttons" }, marks.row,
          element("span", { class: "living-choice" }, shade, element("label", { for: "living-density" }, "density of training codes"))),
        element("div", { class: "living-buttons" }, from.row, to.row, film), path)),
      caption("The two numbers of a code, and the image that the decoder draws from them, computed in this page. Drag the point over the plane, by mouse, touch or arrow keys."));
    paint(), moveTo(...point), tellOfPath();
    figure.living = { moveTo, decode, pixelOf: (x, y) => [px(x) / SIZE, py(y) / SIZE], checks: content.checks, unpack };
  };

  return { data, content: (name) => arrived[name] };
})();
