
"use strict";
(() => {
  const opened = () => {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (target instanceof HTMLDetailsElement) target.open = true;
  };
  addEventListener("hashchange", opened);
  opened();

  // A code frame that is wider than the screen is scrolled with the keyboard, too.
  const sizes = new ResizeObserver((entries) => {
    for (const { target } of entries) {
      if (target.scrollWidth > target.clientWidth) target.setAttribute("tabindex", "0");
      else target.removeAttribute("tabindex");
    }
  });
  for (const frame of document.querySelectorAll("pre")) sizes.observe(frame);

  const form = document.getElementById("filter");
  if (!form) return;
  const status = document.getElementById("shown");
  const parts = [...document.querySelectorAll(".part")].map((section) => ({
    section,
    name: section.querySelector("h2").textContent.toLowerCase(),
    failed: section.querySelector(".failure") !== null,
    entry: document.querySelector(`nav a[href="#${section.id}"]`)?.closest("li"),
    findings: [...section.querySelectorAll("article")],
  }));
  const total = parts.reduce((sum, part) => sum + part.findings.length, 0);

  const apply = () => {
    const wanted = new FormData(form);
    const severities = new Set(wanted.getAll("severity"));
    const rule = wanted.get("rule");
    const file = (wanted.get("file") || "").trim().toLowerCase();
    let shown = 0;
    for (const part of parts) {
      const named = part.name.includes(file);
      let left = 0;
      for (const finding of part.findings) {
        const fits = named && severities.has(finding.className) &&
          (!rule || finding.dataset.rule === rule);
        finding.hidden = !fits;
        left += fits;
      }
      part.section.hidden = !left && !(named && part.failed);
      if (part.entry) part.entry.hidden = !left;
      shown += left;
    }
    const partial = shown < total;
    status.textContent = `${partial ? `Filtered: ${shown} of ` : "All "}${total} findings are shown.`;
    status.classList.toggle("partial", partial);
  };
  form.addEventListener("input", apply);
  form.addEventListener("reset", () => setTimeout(apply));
  form.addEventListener("submit", (event) => event.preventDefault());
  form.hidden = false;
  apply();
})();
