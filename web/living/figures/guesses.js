/* What tutorials say: the reader guesses each verdict, then sees it. Made of the list that stands on the page. */
"use strict";

livingFigures.figure("guesses", (_, figure, place) => {
  const { element, button, spoken } = livingFigures;
  const CHOICES = ["false", "holds when", "holds", "by definition"];
  const KEPT = "guesses";  // in the reader's browser, by statement, so that they are there after a look at a chapter

  let kept = {};
  try { kept = JSON.parse(localStorage.getItem(KEPT)) ?? {}; } catch { /* a browser that keeps nothing */ }
  const keep = () => { try { localStorage.setItem(KEPT, JSON.stringify(kept)); } catch { /* as above */ } };

  /* Whether a guess is right; "by definition: false" may be guessed as either of the two. */
  const fits = (guess, verdict) => verdict.split(": ").includes(guess);

  const table = place.querySelector(".guesses-table"), lines = [...table.querySelectorAll("tbody tr")];
  table.querySelector("thead tr").append(element("th", {}, "your guess"));
  const items = [...place.querySelectorAll(".guess")].map((item, i) => {
    const hidden = item.querySelector(".guess-verdict"), verdict = hidden.querySelector(".guess-box").textContent;
    const statement = item.querySelector("p").textContent.replace(/^\d+\. /, "");
    const cell = element("td");
    lines[i].append(cell);
    return { hidden, verdict, statement, cell, number: i + 1 };
  });
  const asked = items.filter(({ verdict }) => verdict !== "open");

  const says = spoken();
  const guessed = () => asked.filter(({ statement }) => statement in kept);
  const score = () => {
    if (!asked.length) return "No verdict yet: the chapters' runs are to be made anew.";
    if (!guessed().length) return `${asked.length} statements to guess at.`;
    const right = guessed().filter(({ statement, verdict }) => fits(kept[statement], verdict)).length;
    const left = asked.length - guessed().length;
    return `${right} of ${guessed().length} right` + (left ? `, ${left} to go.` : ".");
  };

  /* Show what is known of a statement: its verdict once it is guessed, or all are shown. */
  let all = false;
  const draw = (one) => {
    const guess = kept[one.statement], right = guess && fits(guess, one.verdict);
    one.hidden.hidden = !guess && !all;
    one.cell.textContent = guess ? `${right ? "✓" : "✗"} ${guess}` : "";
    one.buttons.forEach((node, i) => {
      node.setAttribute("aria-pressed", CHOICES[i] === guess);
      node.setAttribute("aria-disabled", !one.hidden.hidden);
    });
    one.told.textContent = guess ? (right ? "✓ right" : "✗ it is otherwise") : "";
    table.hidden = !all && guessed().length < asked.length;
  };
  const drawAll = () => { asked.forEach(draw); says.textContent = score(); };

  for (const one of asked) {
    one.told = element("span");
    one.buttons = CHOICES.map((choice) => button(choice, () => {
      if (!one.hidden.hidden) return;  // the first guess counts
      kept[one.statement] = choice;
      keep();
      draw(one);
      const verdict = fits(choice, one.verdict) ? "right" : `you said “${choice}”`;
      says.textContent = `${one.number}: ${verdict}, the verdict is “${one.verdict}”. ${score()}`;
    }));
    const group = { class: "living-buttons", role: "group", "aria-label": `your guess on ${one.number}` };
    one.hidden.before(element("div", group, ...one.buttons, one.told));
  }
  const show = button("show all verdicts", () => { all = true; drawAll(); });
  const again = button("start again", () => { all = false; kept = {}; keep(); drawAll(); });
  const bar = element("div", { class: "living-buttons guesses-bar" }, says, show, again);
  figure.append(...[...place.childNodes].filter((node) => node !== table), table, bar);
  drawAll();
});

livingFigures.data("guesses", null);
