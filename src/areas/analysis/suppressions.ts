import type { Finding } from './contract.js'
import { isWithin } from './load/cluster-of-path.js'
import type { FleetModel } from './model/fleet-model.js'
import type { Suppression } from './model/settings.js'
import type { ReportedFinding } from './run-checks.js'

/** `flotilla.dev/ignore-checks: "id: reason; other-id: reason"` on an object of the finding. */
export const suppressionAnnotation = 'flotilla.dev/ignore-checks'

/** The suppressions of a model, and which of them have been of use. */
export class Suppressions {
  readonly #model: FleetModel
  readonly #used = new Set<Suppression>()
  /** `text of the annotation|id`. */
  readonly #usedInAnnotations = new Set<string>()

  constructor(model: FleetModel) {
    this.#model = model
  }

  /** Why a finding is not to be reported; undefined when it is. */
  reasonFor(reported: ReportedFinding): string | undefined {
    const { id } = reported.check
    for (const spot of reported.finding.at) {
      const annotation = spot.annotations?.[suppressionAnnotation]
      if (typeof annotation !== 'string') continue
      const entry = entriesOf(annotation).find((each) => each.id === id && each.reason !== '')
      if (entry === undefined) continue
      this.#usedInAnnotations.add(`${annotation}|${id}`)
      return entry.reason
    }
    for (const suppression of this.#model.settings.suppressions) {
      const { check, path, object, reason } = suppression
      if (check !== id) continue
      if (path !== undefined && !reported.sides.some(({ place }) => isWithin(place.file, path))) continue
      if (object !== undefined && !reported.sides.some(({ subject }) => subject === object)) continue
      this.#used.add(suppression)
      return reason
    }
    return undefined
  }

  /** Those that nothing came of, of checks that have been run; an annotation without a reason counts as unused. */
  *unused(run: ReadonlySet<string>): Iterable<Finding> {
    for (const suppression of this.#model.settings.suppressions) {
      if (this.#used.has(suppression) || suppression.isFromAbove === true) continue
      const known = run.has(suppression.check) ? '' : ', and there is no check of that name'
      yield {
        message: `flotilla.yaml ignores ${suppression.check}, of which there is nothing to ignore${known}`,
        at: [suppression.at],
      }
    }
    for (const object of this.#model.objects) {
      const annotation = object.annotation(suppressionAnnotation)
      if (annotation === undefined) continue
      for (const { id, reason } of entriesOf(annotation)) {
        if (this.#usedInAnnotations.has(`${annotation}|${id}`)) continue
        const why = reason === '' ? 'gives no reason, so it does not count' : 'has nothing to ignore here'
        yield {
          message: `the annotation ${suppressionAnnotation} ignores ${id}, which ${why}`,
          at: [object.atKey('metadata', 'annotations', suppressionAnnotation)],
          ...(reason === '' ? { fix: `Write \`${id}: the reason\`.` } : {}),
        }
      }
    }
  }
}

function entriesOf(annotation: string): { id: string; reason: string }[] {
  return annotation
    .split(';')
    .filter((part) => part.trim() !== '')
    .map((part) => {
      const colon = part.indexOf(':')
      return colon === -1
        ? { id: part.trim(), reason: '' }
        : { id: part.slice(0, colon).trim(), reason: part.slice(colon + 1).trim() }
    })
}
