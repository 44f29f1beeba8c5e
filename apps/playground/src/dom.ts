/** An element of the page by its id, of the kind that is expected there. */
export function byId<Kind extends HTMLElement>(id: string, kind: abstract new () => Kind): Kind {
  const found = document.getElementById(id)
  if (!(found instanceof kind)) throw new TypeError(`#${id}: want ${kind.name}`)
  return found
}

/** A new element with a class and a text. */
export function made<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  className: string,
  text = '',
): HTMLElementTagNameMap[Name] {
  const element = document.createElement(name)
  element.className = className
  element.textContent = text
  return element
}

/** Give a `<select>` its choices; the one that was chosen stays. */
export function setChoices(
  select: HTMLSelectElement,
  choices: readonly { readonly value: string; readonly text: string }[],
  chosen = select.value,
): void {
  select.replaceChildren(...choices.map(({ value, text }) => new Option(text, value)))
  select.value = chosen
}
