/* Chapter 6: what a network draws of training images and of unseen ones, epoch by epoch. */
"use strict";

livingFigures.figure("overfitting", (content, figure) => {
  const { svg, unpack, digits, drawDigits, rows, slider, caption, spoken, line, text } = livingFigures;
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
  const upright = { transform: `rotate(-90 12 ${(H - bottom) / 2})`, "text-anchor": "middle" };
  chart.append(text((left + W) / 2, H - 4, "epoch", { "text-anchor": "middle" }),
    text(12, (H - bottom) / 2, "squared error", upright));
  const series = Array.from({ length: last }, (_, i) => x(i + 1));
  const drawnAs = (colour) => ({ class: `living-line living-colour-${colour}`, "stroke-width": 2.5 });
  const best = { x: x(lowest), y: y(errors.unseen[lowest - 1]) };
  chart.append(line(series, errors.training.map(y), { ...drawnAs(1), "stroke-dasharray": "8 4" }),
    line(series, errors.unseen.map(y), drawnAs(4)),
    text(W - right, y(errors.unseen[last - 1]) - 10, "unseen images", { "text-anchor": "end" }),
    text(W - right, y(errors.training[last - 1]) - 14, "training images", { "text-anchor": "end" }),
    svg("line", { x1: best.x, x2: best.x, y1: best.y - 9, y2: best.y + 9, class: "living-level" }));
  const cursor = svg("g", {});
  chart.append(cursor);
  const shown = content.images.shape[1], pictures = unpack(content.images);
  const originals = digits(shown, "four training images and four unseen ones"), drawn = digits(shown, "");
  drawDigits(originals, unpack(content.originals));
  const says = spoken();

  const draw = (i) => {
    const epoch = epochs[i], [seen, unseen] = [errors.training[epoch - 1], errors.unseen[epoch - 1]];
    cursor.replaceChildren(
      svg("line", { x1: x(epoch), x2: x(epoch), y1: top, y2: H - bottom, class: "living-cursor" }),
      svg("circle", { cx: x(epoch), cy: y(seen), r: 5, class: "living-dot living-colour-1" }),
      svg("circle", { cx: x(epoch), cy: y(unseen), r: 5, class: "living-dot living-colour-4" }));
    drawDigits(drawn, pictures.subarray(784 * shown * i, 784 * shown * (i + 1)));
    drawn.setAttribute("aria-label", `the same after epoch ${epoch}`);
    says.textContent = `Epoch ${epoch}: training images ${seen.toFixed(2)}, ` +
      `unseen images ${unseen.toFixed(2)}, gap ${(unseen - seen).toFixed(2)}. ` +
      `The error of unseen images is lowest in epoch ${lowest}, ${errors.unseen[lowest - 1].toFixed(2)}.`;
    chart.setAttribute("aria-label", `Errors over ${last} epochs, logarithmic; epoch ${epoch} is marked`);
  };
  const range = { min: 0, max: epochs.length - 1, step: 1, value: 0 };
  const stepping = slider("epoch", range, (i) => String(epochs[i]), draw);
  figure.append(stepping.row, says, chart,
    rows(originals, "this epoch", drawn),
    caption("Left four: training images. Right four: images that the network has never seen. " +
      "The short line marks the lowest error of unseen images."));
  draw(0);
  figure.living = { step: stepping.set, says };
});
