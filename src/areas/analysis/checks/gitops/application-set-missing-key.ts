import { isObject } from '../../../../base/json.js'
import { defineCheck } from '../../contract.js'

export const applicationSetMissingKey = defineCheck({
  id: 'application-set-missing-key',
  topic: 'gitops',
  severity: 'warning',
  title: 'An ApplicationSet writes "<no value>" where a label is missing',
  why: 'In Go templates a key that is not there is no error. A cluster without the label gets an Application with the path `overlays/<no value>`, or a host name with it, and nobody is told.',
  evidence: ['Go: text/template, missingkey', 'argo-cd: docs/operator-manual/applicationset/GoTemplate.md'],
  fix: 'Add `goTemplateOptions: ["missingkey=error"]` to the spec.',
  *run(model) {
    for (const set of model.kinds('argoproj.io', 'ApplicationSet')) {
      if (set.flag('spec', 'goTemplate') !== true) continue
      if (set.texts('spec', 'goTemplateOptions').some((option) => option.startsWith('missingkey='))) continue
      // What every cluster has cannot be missing.
      const texts = [
        ...textsOf(set.get('spec', 'template')),
        ...textsOf(set.get('spec', 'templatePatch')),
        ...textsOf(set.get('spec', 'generators')),
      ]
      const given = valuesOf(set.get('spec', 'generators'))
      const used = texts
        .flatMap((text) => [...text.matchAll(key)].map((match) => match[1]!))
        .find((each) => !each.startsWith('values.') || !given.has(each.slice('values.'.length)))
      if (used === undefined) continue
      yield {
        message: `${set.subject} uses .${used} and does not say what happens where it is missing`,
        at: [set.at('spec', 'goTemplate')],
      }
    }
  },
})

const key = /\{\{[^}]*?\.(metadata\.(?:labels|annotations)\.[\w-]+|values\.[\w-]+|path\.[\w.]+)/g

/**
 * The `values` that everything has which a list of generators makes. A matrix has those of each of its generators, a merge
 * those of the first, which says what there is.
 */
function valuesOf(generators: unknown): ReadonlySet<string> {
  const each = isList(generators) ? generators.map(valuesOfOne) : []
  const [first, ...others] = each
  return new Set([...(first ?? [])].filter((name) => others.every((names) => names.has(name))))
}

function valuesOfOne(generator: unknown): ReadonlySet<string> {
  if (!isObject(generator)) return new Set()
  const names = new Set<string>()
  for (const [kind, member] of Object.entries(generator)) {
    if (!isObject(member)) continue
    if (isObject(member['values'])) for (const name of Object.keys(member['values'])) names.add(name)
    const below = isList(member['generators']) ? member['generators'] : []
    for (const nested of kind === 'merge' ? below.slice(0, 1) : below) for (const name of valuesOfOne(nested)) names.add(name)
  }
  return names
}

function isList(value: unknown): value is readonly unknown[] {
  return Array.isArray(value)
}

function textsOf(value: unknown): string[] {
  if (typeof value === 'string') return [value]
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsOf) : []
}
