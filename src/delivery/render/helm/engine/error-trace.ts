interface Step {
  readonly location: string
  readonly executed: string
  readonly message: string
}

/**
 * What Helm 4 prints of a template that failed inside others: for each of them the place, what ran there and why it failed, from
 * the outermost to the innermost. Undefined where a cause is no template's own error (a function's): its message is printed
 * as it is then.
 */
export function formatTrace(error: Error): string | undefined {
  const steps: Step[] = []
  for (let current: unknown = error; current instanceof Error; current = current.cause) {
    const step = readStep(current.message)
    if (step === undefined) return undefined
    const last = steps.at(-1)
    if (last?.location !== step.location || last.executed !== step.executed || last.message !== step.message) steps.push(step)
  }
  const lines = steps.map(
    ({ location, executed, message }) =>
      `${location === '' ? '' : `${location}\n  `}${executed === '' ? '' : `${executed}\n    `}${message === '' ? '' : `${message}\n`}`,
  )
  return lines.join('').trim()
}

function readStep(text: string): Step | undefined {
  if (!text.startsWith('template: ')) return undefined
  const rest = text.slice('template: '.length)
  if (rest.startsWith('no template ')) return { location: '', executed: '', message: text }
  const marker = rest.indexOf(': executing ')
  if (marker !== -1) {
    const after = rest.slice(marker + ': executing '.length)
    const quoteEnd = after.startsWith('"') ? after.indexOf('"', 1) : -1
    const at = after.slice(quoteEnd + 1)
    const end = at.indexOf('>: ')
    if (quoteEnd !== -1 && at.startsWith(' at <') && end !== -1)
      return {
        location: rest.slice(0, marker),
        executed: `executing ${after.slice(0, quoteEnd + 1)}${at.slice(0, end)}>:`,
        message: beforeNext(at.slice(end + 3)),
      }
  }
  const separator = rest.lastIndexOf(': ')
  if (separator === -1) return undefined
  return { location: rest.slice(0, separator), executed: '', message: beforeNext(rest.slice(separator + 2)) }
}

function beforeNext(message: string): string {
  const next = message.indexOf(' template:')
  return next === -1 ? message : message.slice(0, next)
}
