/** Ten digits, the last one (X is 10) a check of the others. */
export function isIsbn10(text: string): boolean {
  const digits = text.replace(/[\s-]+/g, '')
  if (!/^[0-9]{9}[0-9X]$/.test(digits)) return false
  const sum = [...digits].reduce((total, digit, index) => total + (index + 1) * (digit === 'X' ? 10 : Number(digit)), 0)
  return sum % 11 === 0
}

export function isIsbn13(text: string): boolean {
  const digits = text.replace(/[\s-]+/g, '')
  if (!/^[0-9]{13}$/.test(digits)) return false
  const sum = [...digits].reduce((total, digit, index) => total + (index % 2 === 0 ? 1 : 3) * Number(digit), 0)
  return sum % 10 === 0
}

const cards =
  /^(?:4[0-9]{12}(?:[0-9]{3})?|5[1-5][0-9]{14}|6(?:011|5[0-9][0-9])[0-9]{12}|3[47][0-9]{13}|3(?:0[0-5]|[68][0-9])[0-9]{11}|(?:2131|1800|35\d{3})\d{11}|6[27][0-9]{14})$/

/** Numbers of known issuers whose Luhn sum is right. */
export function isCardNumber(text: string): boolean {
  const digits = text.replace(/[^0-9]+/g, '')
  if (!cards.test(digits)) return false
  let sum = 0
  for (const [index, character] of [...digits].reverse().entries()) {
    const digit = Number(character)
    const doubled = digit * 2
    sum += index % 2 === 0 ? digit : doubled > 9 ? doubled - 9 : doubled
  }
  return sum % 10 === 0
}

const atom = "[A-Za-z0-9!#$%&'*+/=?^_`{|}~\\-\\u0080-\\u{10ffff}]+"
const dotted = `${atom}(?:\\.${atom})*`
const quoted = '"(?:[^"\\\\\\r\\n]|\\\\.)*"'
const address = `(?:${dotted}|${quoted})@(?:${dotted}|\\[[^\\]\\s]*\\])`
const mail = new RegExp(`^\\s*(?:${address}|(?:(?:${dotted}|${quoted})\\s*)*<\\s*${address}\\s*>)\\s*$`, 'u')

/** RFC 5322, as Go's net/mail reads one address: alone, or in angle brackets behind a name. */
export function isMailAddress(text: string): boolean {
  return text.length <= 1000 && mail.test(text)
}
