/** The element with this id, which the page has. @returns {any} */
export function byId(/** @type {string} */ id) {
  const found = document.getElementById(id)
  if (!found) throw new Error(`The page has no element "${id}".`)
  return found
}

/** Writes a text only when it differs, so that nothing is laid out in vain. */
export function write(/** @type {HTMLElement} */ element, /** @type {string} */ text) {
  if (element.textContent !== text) element.textContent = text
}
