/* Chapter 3: the ladder of changes, a rung at a time. */
"use strict";

livingFigures.figure("ladder", (content, figure) => {
  const { element, svg, unpack, digits, drawDigits, rows, slider, button, caption, spoken, text } =
    livingFigures;
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
      const [height, anchor] = name === "PCA-30" ? [top - 10, "middle"] : [H - 16, "start"];
      chart.append(
        svg("line", { x1: x(level), x2: x(level), y1: top - 6, y2: H - 30, class: "living-level" }),
        text(x(level), height, `${name}: ${level.toFixed(2)}`, { "text-anchor": anchor }));
    }
    rungs.forEach((rung, i) => {
      const y = top + row * i, here = i === now;
      const group = svg("g", { class: here ? "living-here" : i < now ? "living-done" : "living-later" });
      group.append(text(left - 8, y + 17, rung.name, { "text-anchor": "end" }));
      if (i <= now) {
        const bar = { x: left, y: y + 3, width: x(rung.together) - left, height: 14 };
        group.append(svg("rect", { ...bar, class: "living-together" }),
          text(x(rung.together) + 5, y + 15, rung.together.toFixed(2)));
        if (rung.alone !== null) {
          const thin = { x: left, y: y + 19, width: x(rung.alone) - left, height: 5 };
          group.append(svg("rect", { ...thin, class: "living-alone" }));
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
    const label = `The ladder up to ${rung.name}: squared error ${rung.together.toFixed(2)}`;
    chart.setAttribute("aria-label", label);
    back.disabled = now === 0, on.disabled = now === rungs.length - 1;
  };
  const stepping = slider("rung", { min: 0, max: rungs.length - 1, step: 1, value: 0 },
    (i) => `${i} of ${rungs.length - 1}`, (i) => { now = i; draw(); });
  const back = button("one rung back", () => stepping.set(now - 1));
  const on = button("next change", () => stepping.set(now + 1));
  figure.append(element("div", { class: "living-buttons" }, back, on), stepping.row, says, chart,
    rows(originals, "this rung", drawn),
    caption("Squared error per test image, 30 numbers. Wide bars: each change on top of those above it. " +
      "Thin bars: the change alone, made to the program."));
  draw();
  figure.living = { step: stepping.set, says };
});
