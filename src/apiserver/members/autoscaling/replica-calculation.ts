/** A pod of the target, as far as its part in the calculation goes. */
export interface ScaledPod {
  readonly name: string
  readonly phase: string | undefined
  readonly terminating: boolean
  readonly startMs: number | undefined
  readonly ready: { readonly isTrue: boolean; readonly isFalse: boolean; readonly sinceMs: number } | undefined
  /** In thousandths of the resource's unit; `missing` names the first container that requests none of it. */
  readonly request: number | { readonly missing: string }
}

/** In thousandths of the resource's unit. */
export interface PodUse {
  readonly value: number
  readonly atMs: number
  readonly windowMs: number
}

export interface CalculationInput {
  readonly resource: string
  readonly currentReplicas: number
  readonly pods: readonly ScaledPod[]
  readonly uses: ReadonlyMap<string, PodUse>
  readonly nowMs: number
  /** What the use may differ from the target before anything is done (default 0.1 both ways). */
  readonly tolerance?: { readonly up: number; readonly down: number }
}

export interface Proposal {
  readonly replicas: number
  /** Percent of the requests; undefined for targets that are amounts. */
  readonly utilization?: number
  /** Of one pod, in thousandths. */
  readonly average: number
}

/** The target cannot be compared with what there is; the message is upstream's. */
export class CalculationProblem extends Error {}

const initializationMs = 300_000
const initialReadinessMs = 30_000
const defaultTolerance = { up: 0.1, down: 0.1 }

/** Replicas so that pods use this percentage of what they request. */
export function replicasForUtilization(input: CalculationInput, target: number): Proposal {
  const { pods, resource } = input
  const groups = grouped(input)
  const requests = new Map<string, number>()
  for (const { name, request } of pods) {
    if (typeof request !== 'number') {
      throw new CalculationProblem(`missing request for ${resource} in container ${request.missing} of Pod ${name}`)
    }
    requests.set(name, request)
  }
  const measure = (values: ReadonlyMap<string, number>): Measured => {
    let [used, requested, count] = [0, 0, 0]
    for (const [name, value] of values) {
      const request = requests.get(name)
      if (request === undefined) continue
      used += value
      requested += request
      count++
    }
    if (requested === 0) throw new CalculationProblem('no metrics returned matched known pods')
    const utilization = Math.trunc((used * 100) / requested)
    return { ratio: utilization / target, utilization, average: Math.trunc(used / count) }
  }
  // On the way down, pods that nothing is known of are taken to use all that they request.
  const most = (name: string) => Math.trunc(((requests.get(name) ?? 0) * Math.max(100, target)) / 100)
  return propose(input, groups, measure, most)
}

/** Replicas so that a pod uses this much on average, in thousandths. */
export function replicasForAverage(input: CalculationInput, target: number): Proposal {
  const measure = (values: ReadonlyMap<string, number>): Measured => {
    let used = 0
    for (const value of values.values()) used += value
    const average = Math.trunc(used / values.size)
    return { ratio: average / target, average }
  }
  return propose(input, grouped(input), measure, () => target)
}

interface Measured {
  readonly ratio: number
  readonly utilization?: number
  readonly average: number
}

interface Groups {
  readonly ready: number
  readonly unready: readonly string[]
  readonly missing: readonly string[]
  /** Of the pods that count. */
  readonly values: ReadonlyMap<string, number>
}

function propose(
  { currentReplicas, tolerance = defaultTolerance }: CalculationInput,
  { ready, unready, missing, values }: Groups,
  measure: (values: ReadonlyMap<string, number>) => Measured,
  valueOnTheWayDown: (name: string) => number,
): Proposal {
  const first = measure(values)
  const answer = (replicas: number): Proposal => ({
    replicas,
    average: first.average,
    ...(first.utilization === undefined ? {} : { utilization: first.utilization }),
  })
  const isWithin = (ratio: number) => ratio >= 1 - tolerance.down && ratio <= 1 + tolerance.up
  const { ratio } = first
  const upWithUnready = unready.length > 0 && ratio > 1
  if (!upWithUnready && missing.length === 0) {
    return answer(isWithin(ratio) ? currentReplicas : Math.ceil(ratio * ready))
  }
  const all = new Map(values)
  if (ratio < 1) for (const name of missing) all.set(name, valueOnTheWayDown(name))
  else if (ratio > 1) for (const name of missing) all.set(name, 0)
  if (upWithUnready) for (const name of unready) all.set(name, 0)
  const second = measure(all).ratio
  // Too small a change, or one that only the guesses turned round.
  if (isWithin(second) || (ratio < 1 && second > 1) || (ratio > 1 && second < 1)) return answer(currentReplicas)
  const replicas = Math.ceil(second * all.size)
  if ((second < 1 && replicas > currentReplicas) || (second > 1 && replicas < currentReplicas)) return answer(currentReplicas)
  return answer(replicas)
}

function grouped({ pods, uses, resource, nowMs }: CalculationInput): Groups {
  if (pods.length === 0) throw new CalculationProblem('no pods returned by selector while calculating replica count')
  const values = new Map([...uses].map(([name, { value }]) => [name, value]))
  const unready: string[] = []
  const missing: string[] = []
  let ready = 0
  for (const pod of pods) {
    const { name } = pod
    if (pod.terminating || pod.phase === 'Failed') {
      values.delete(name)
      continue
    }
    const use = uses.get(name)
    if (pod.phase === 'Pending') unready.push(name)
    else if (use === undefined) missing.push(name)
    else if (resource === 'cpu' && !countsYet(pod, use, nowMs)) unready.push(name)
    else ready++
  }
  for (const name of unready) values.delete(name)
  if (values.size === 0) throw new CalculationProblem('did not receive metrics for targeted pods (pods might be unready)')
  return { ready, unready, missing, values }
}

/** Pods use the processor otherwise while they start. */
function countsYet({ ready, startMs }: ScaledPod, use: PodUse, nowMs: number): boolean {
  if (ready === undefined || startMs === undefined) return false
  if (startMs + initializationMs > nowMs) return !ready.isFalse && use.atMs >= ready.sinceMs + use.windowMs
  return !(ready.isFalse && startMs + initialReadinessMs > ready.sinceMs)
}
