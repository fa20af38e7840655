/* A button beside each example that copies it; without a clipboard there is none. */
"use strict";

if (navigator.clipboard) {
  for (const button of document.querySelectorAll(".example .copy")) {
    const label = button.textContent;
    button.hidden = false;
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(button.previousElementSibling.textContent);
      button.textContent = "✓";
      setTimeout(() => { button.textContent = label; }, 1500);
    });
  }
}
