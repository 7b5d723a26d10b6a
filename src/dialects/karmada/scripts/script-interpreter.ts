import { compareText } from '../../../base/compare-text.js'
import { messageOf } from '../../../base/errors.js'
import { isObject } from '../../../base/json.js'
import type { HubFacts } from '../../../delivery/federation/contract.js'
import type { KubeObject } from '../../../kube/object/kube-object.js'
import { type Fields, textAt } from '../fields.js'
import type { StatusItem } from '../interpreter/aggregate-status.js'
import type { DependentReference } from '../interpreter/dependencies.js'
import { type Interpreter, nativeInterpreter } from '../interpreter/interpreter.js'
import { interpreterCustomizationType } from '../resource-types.js'
import { CelScript } from './cel-script.js'
import { LuaScript } from './lua-script.js'
import type { Script } from './script.js'

type Operation =
  | 'replicaResource'
  | 'replicaRevision'
  | 'statusReflection'
  | 'statusAggregation'
  | 'healthInterpretation'
  | 'dependencyInterpretation'

/** Scripts by kind and operation. Of several for one, that of the customization that sorts first by name. */
class Scripts {
  readonly #byKind = new Map<string, Map<Operation, Script>>()
  /** Some script tells of dependencies, which can be of any kind. */
  nameDependencies = false

  constructor(customizations: readonly KubeObject[], nowMs: () => number) {
    for (const each of [...customizations].sort((a, b) => compareText(a.metadata.name, b.metadata.name))) {
      const kind = `${textAt(each, 'spec', 'target', 'apiVersion')}/${textAt(each, 'spec', 'target', 'kind')}`
      let scripts = this.#byKind.get(kind)
      if (scripts === undefined) this.#byKind.set(kind, (scripts = new Map()))
      for (const operation of operations) {
        const code = textAt(each, 'spec', 'customizations', operation, 'luaScript')
        const expression = textAt(each, 'spec', 'customizations', operation, 'cel')
        if (code === '' && expression === '') continue
        if (operation === 'dependencyInterpretation') this.nameDependencies = true
        if (!scripts.has(operation)) scripts.set(operation, code === '' ? new CelScript(expression) : new LuaScript(code, nowMs))
      }
    }
  }

  of({ apiVersion, kind }: KubeObject, operation: Operation): Script | undefined {
    return this.#byKind.get(`${apiVersion}/${kind}`)?.get(operation)
  }
}

const mostProblems = 5

const operations: readonly Operation[] = [
  'replicaResource',
  'replicaRevision',
  'statusReflection',
  'statusAggregation',
  'healthInterpretation',
  'dependencyInterpretation',
]

/** Users' scripts before Karmada's own readings. A script that fails counts as if there were none. */
export function scriptedInterpreter(customizations: readonly KubeObject[], nowMs: () => number): Interpreter {
  const scripts = new Scripts(customizations, nowMs)
  const native = nativeInterpreter
  const problems = new Map<string, Set<string>>()

  function note({ apiVersion, kind }: KubeObject, operation: Operation, error: unknown): void {
    const key = `${apiVersion}/${kind}`
    const told = problems.get(key) ?? new Set<string>()
    // The first few say it all.
    if (told.size < mostProblems) told.add(`${operation}: ${messageOf(error)}`)
    problems.set(key, told)
  }

  function ask<T>(object: KubeObject, operation: Operation, run: (script: Script) => T | undefined, otherwise: () => T): T {
    const script = scripts.of(object, operation)
    if (script === undefined) return otherwise()
    try {
      return run(script) ?? otherwise()
    } catch (error) {
      note(object, operation, error)
      return otherwise()
    }
  }

  const replicas = (object: KubeObject): readonly unknown[] | undefined => {
    const script = scripts.of(object, 'replicaResource')
    return (
      script &&
      ask(
        object,
        'replicaResource',
        () => script.call('GetReplicas', [object], 2),
        () => [],
      )
    )
  }
  return {
    replicas: (object) => {
      const scripted = replicas(object)?.[0]
      return typeof scripted === 'number' ? Math.trunc(scripted) : native.replicas(object)
    },
    requirements: (object) => {
      const scripted = replicas(object)
      return scripted === undefined ? native.requirements(object) : isObject(scripted[1]) ? scripted[1] : undefined
    },
    revise: (object, count) => {
      const script = scripts.of(object, 'replicaRevision')
      if (script === undefined) return native.revise(object, count)
      const [revised] = script.call('ReviseReplica', [object, count], 1, [object])
      return isObject(revised) ? (revised as KubeObject) : object
    },
    health: (live) =>
      ask(
        live,
        'healthInterpretation',
        (script) => {
          const [healthy] = script.call('InterpretHealth', [live], 1)
          return typeof healthy === 'boolean' ? (healthy ? 'Healthy' : 'Unhealthy') : undefined
        },
        () => native.health(live),
      ),
    reflect: (live) =>
      ask<Fields | undefined>(
        live,
        'statusReflection',
        (script) => {
          const [status] = script.call('ReflectStatus', [live], 1, [live['status']])
          return isObject(status) ? status : undefined
        },
        () => native.reflect(live),
      ),
    aggregate: (template, items, nowText) =>
      ask<Fields | undefined>(
        template,
        'statusAggregation',
        (script) => statusPatch(template, script.call('AggregateStatus', [template, items.map(item)], 1, [template])[0]),
        () => native.aggregate(template, items, nowText),
      ),
    dependencies: (object) =>
      ask<readonly DependentReference[]>(
        object,
        'dependencyInterpretation',
        (script) => {
          const [list] = script.call('GetDependencies', [object], 1)
          return Array.isArray(list) ? list.filter(isObject).flatMap(readReference) : []
        },
        () => native.dependencies(object),
      ),
    mayFollow: (object) => scripts.nameDependencies || native.mayFollow(object),
    problems: ({ apiVersion, kind }) => [...(problems.get(`${apiVersion}/${kind}`) ?? [])],
  }
}

function item({ cluster, status }: StatusItem): Fields {
  return { clusterName: cluster, applied: true, ...(status === undefined ? {} : { status }) }
}

/** The status that the script has given the template, with what it has taken away. */
function statusPatch(template: KubeObject, result: unknown): Fields | undefined {
  if (!isObject(result)) return undefined
  const status = isObject(result['status']) ? result['status'] : {}
  const before = isObject(template['status']) ? template['status'] : {}
  const gone = Object.keys(before).filter((field) => !Object.hasOwn(status, field))
  return { ...status, ...Object.fromEntries(gone.map((field) => [field, null])) }
}

/** References by labels are left out: one by name is needed to follow. */
function readReference(reference: Fields): DependentReference[] {
  const name = textAt(reference, 'name')
  if (name === '') return []
  return [
    {
      apiVersion: textAt(reference, 'apiVersion'),
      kind: textAt(reference, 'kind'),
      namespace: textAt(reference, 'namespace'),
      name,
    },
  ]
}

const interpreters = new WeakMap<HubFacts, { readonly of: readonly KubeObject[]; readonly interpreter: Interpreter }>()

/** The interpreter of a hub, by the customizations that it holds now. */
export function interpreterOf(hub: HubFacts): Interpreter {
  const customizations = hub.objects(interpreterCustomizationType)
  if (customizations.length === 0) return nativeInterpreter
  const known = interpreters.get(hub)
  if (
    known !== undefined &&
    known.of.length === customizations.length &&
    known.of.every((each, index) => each === customizations[index])
  )
    return known.interpreter
  const interpreter = scriptedInterpreter(customizations, () => hub.nowMs)
  interpreters.set(hub, { of: customizations, interpreter })
  return interpreter
}
