/* Chapter 2: the mean loss of one answer to a pixel's values, under four losses. */
"use strict";

livingFigures.figure("pixel_losses", (content, figure) => {
  const { element, svg, unpack, slider, button, caption, line, text } = livingFigures;

  /* A table with a head; `rows` are arrays of texts, the first of each its heading. */
  function table(head, rows) {
    const cells = ([first, ...others]) => [
      element("th", { scope: "row" }, first), ...others.map((value) => element("td", {}, value))];
    const header = element("tr", {}, ...head.map((value) => element("th", { scope: "col" }, value)));
    return element("table", { class: "living-table" }, element("thead", {}, header),
      element("tbody", {}, ...rows.map((row) => element("tr", {}, ...cells(row)))));
  }

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
    const means = answers.map((v) => mean(losses[name], v));
    const low = Math.min(...means), high = Math.max(...means);
    curves[name] = { means, low, high, best: answers[means.indexOf(low)] };
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
  const upright = { transform: `rotate(-90 14 ${y(0.5)})`, "text-anchor": "middle" };
  frame.append(text(x(0.5), H - 4, "answer v", { "text-anchor": "middle" }),
    text(14, y(0.5), "mean loss, scaled to [0, 1]", upright));
  const bars = svg("g", { class: "living-bars" });
  const bins = new Array(25).fill(0);
  values.forEach((v, i) => { bins[Math.min(24, Math.floor(25 * v))] += counts[i]; });
  bins.forEach((count, i) => bars.append(svg("rect", {
    x: x(i / 25), width: x(1 / 25) - x(0) - 1, y: y(count / total), height: y(0) - y(count / total),
  })));
  const curved = svg("g", {}), marks = svg("g", {});
  chart.append(frame, bars, curved, marks);
  const styles = {
    "squared error": ["living-colour-1", ""],
    "absolute error": ["living-colour-3", "2 5"],
    "cross-entropy": ["living-colour-2", "9 5"],
    Huber: ["living-colour-4", "9 4 2 4"],
  };
  const curve = (name, xs, ys) => {
    const [colour, dashes] = styles[name];
    return line(xs, ys, { class: `living-line ${colour}`, "stroke-dasharray": dashes, "stroke-width": 2.5 });
  };
  const readout = element("div", { class: "living-scroll" });

  const draw = () => {
    curved.replaceChildren(), marks.replaceChildren(
      svg("line", { x1: x(answer), x2: x(answer), y1: y(0), y2: y(1), class: "living-cursor" }));
    const rows = [];
    for (const [name, { means, low, high, best }] of Object.entries(curves)) {
      const height = (loss) => y((loss - low) / (high - low));
      const now = mean(losses[name], answer), mark = { cx: x(answer), cy: height(now), r: 5 };
      curved.append(curve(name, answers.map(x), means.map(height)));
      marks.append(svg("circle", { ...mark, class: `living-dot ${styles[name][0]}` }));
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
  for (const name of Object.keys(styles)) {
    const sample = svg("svg", { width: 34, height: 10, "aria-hidden": "true" }, curve(name, [1, 33], [5, 5]));
    legend.append(element("span", {}, sample, name));
  }
  const [row, column] = content.pixel;
  figure.append(chart, legend, answering.row, threshold.row, jumps, readout, caption(
    `Pixel (${row}, ${column}): the bars are its values in ${total.toLocaleString("en")} training images, ` +
    "the curves the mean loss of one answer to all of them, each scaled from its lowest point to its " +
    "highest. With δ = 1 Huber is half the squared error."));
  draw();
  figure.living = { best: () => Object.fromEntries(Object.entries(curves).map(([n, c]) => [n, c.best])) };
});
