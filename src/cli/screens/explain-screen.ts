import type { FleetExplanation, Step } from '../../app/explain/explanation.js'
import { plain } from '../../areas/analysis/report/report-format.js'
import { formatAge } from './print.js'

const signs: Readonly<Record<Step['state'], string>> = { ok: 'ok', info: '-', waits: '..', bad: '!!' }
const colours: Readonly<Record<Step['state'], string>> = { ok: '\u001b[32m', info: '', waits: '\u001b[33m', bad: '\u001b[31m' }

/** One explanation on a screen: the chain from the object as written to the clusters, then what it waits for. */
export function describeFleetExplanation(
  { object, state, steps, waitsFor }: FleetExplanation,
  nowMs: number,
  colour: boolean,
): string {
  const width = Math.min(40, Math.max(4, ...steps.map(({ what }) => what.length)))
  let layer = ''
  const lines = steps.map((step) => {
    const name = step.layer === layer ? '' : step.layer
    layer = step.layer
    const sign = signs[step.state].padEnd(2)
    const shown = colour && colours[step.state] !== '' ? `${colours[step.state]}${sign}\u001b[0m` : sign
    const since = step.since === undefined ? '' : ` (${sinceOf(step.since, nowMs)})`
    return `${name.padEnd(8)} ${shown} ${plain(step.what).padEnd(width)}  ${plain(step.why)}${since}`.trimEnd()
  })
  const waits =
    waitsFor.length === 0 ? 'Waits for nothing.' : `Waits for:\n${waitsFor.map((line) => `  ${plain(line)}`).join('\n')}`
  const chain = lines.length === 0 ? 'No owner, no condition that is not good, no warning.' : lines.join('\n')
  return `${plain(object)}: ${plain(state)}\n\n${chain}\n\n${waits}\n`
}

function sinceOf(time: string, nowMs: number): string {
  const at = Date.parse(time)
  return at > nowMs ? `in ${formatAge(nowMs, at)}` : `${formatAge(at, nowMs)} ago`
}
