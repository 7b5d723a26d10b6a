/** autoscaling/v2 HPAScalingRules, defaults applied. */
export interface ScalingRules {
  readonly stabilizationWindowSeconds?: number
  readonly selectPolicy?: string
  readonly policies?: readonly { readonly type: string; readonly value: number; readonly periodSeconds: number }[]
}

export interface Behavior {
  readonly scaleUp?: ScalingRules
  readonly scaleDown?: ScalingRules
}

/** What was proposed and done for one autoscaler. */
export interface ScalingHistory {
  recommendations: { replicas: number; atMs: number }[]
  ups: { change: number; atMs: number }[]
  downs: { change: number; atMs: number }[]
}

export interface ScalingDecision {
  readonly replicas: number
  readonly ableToScale: { readonly reason: string; readonly message: string }
  readonly limited: { readonly isLimited: boolean; readonly reason: string; readonly message: string }
}

export interface ScalingQuestion {
  readonly current: number
  readonly desired: number
  readonly min: number
  readonly max: number
  readonly behavior: Behavior | undefined
  readonly nowMs: number
}

const defaultDownSeconds = 300
const readyForNewScale = { reason: 'ReadyForNewScale', message: 'recommended size matches current size' }
const within = { reason: 'DesiredWithinRange', message: 'the desired count is within the acceptable range' }
const tooMany = { reason: 'TooManyReplicas', message: 'the desired replica count is more than the maximum replica count' }
const tooFew = { reason: 'TooFewReplicas', message: 'the desired replica count is less than the minimum replica count' }
const upLimit = {
  reason: 'ScaleUpLimit',
  message: 'the desired replica count is increasing faster than the maximum scale rate',
}
const downLimit = {
  reason: 'ScaleDownLimit',
  message: 'the desired replica count is decreasing faster than the maximum scale rate',
}
const upStabilized = {
  reason: 'ScaleUpStabilized',
  message: 'recent recommendations were lower than current one, applying the lowest recent recommendation',
}
const downStabilized = {
  reason: 'ScaleDownStabilized',
  message: 'recent recommendations were higher than current one, applying the highest recent recommendation',
}

/** How far a proposal may go now: windows of stabilisation, rates of change, least and most. Notes the proposal in the history. */
export function decide(question: ScalingQuestion, history: ScalingHistory): ScalingDecision {
  const stabilized = question.behavior === undefined ? byDefault(question, history) : byWindows(question, history)
  const steadied = question.behavior === undefined || question.desired < question.current ? downStabilized : upStabilized
  const { replicas, ...why } =
    question.behavior === undefined
      ? limitByDefault({ ...question, desired: stabilized })
      : limitByRates({ ...question, desired: stabilized }, question.behavior, history)
  return {
    replicas,
    ableToScale: stabilized === question.desired ? readyForNewScale : steadied,
    limited: { isLimited: replicas !== stabilized, ...why },
  }
}

/** Notes what was done, for the rates; what no policy looks back at any more is forgotten. */
export function noteScaling(
  history: ScalingHistory,
  behavior: Behavior | undefined,
  { from, to, nowMs }: { from: number; to: number; nowMs: number },
): void {
  if (behavior === undefined) return
  const rules = to > from ? behavior.scaleUp : behavior.scaleDown
  const longestMs = Math.max(0, ...(rules?.policies ?? []).map(({ periodSeconds }) => periodSeconds)) * 1000
  const kept = (to > from ? history.ups : history.downs).filter(({ atMs }) => atMs >= nowMs - longestMs)
  kept.push({ change: Math.abs(to - from), atMs: nowMs })
  if (to > from) history.ups = kept
  else history.downs = kept
}

function byDefault({ desired, nowMs }: ScalingQuestion, history: ScalingHistory): number {
  const recent = history.recommendations.filter(({ atMs }) => atMs >= nowMs - defaultDownSeconds * 1000)
  const highest = Math.max(desired, ...recent.map(({ replicas }) => replicas))
  history.recommendations = [...recent, { replicas: desired, atMs: nowMs }]
  return highest
}

function byWindows({ current, desired, behavior, nowMs }: ScalingQuestion, history: ScalingHistory): number {
  const upFrom = nowMs - (behavior?.scaleUp?.stabilizationWindowSeconds ?? 0) * 1000
  const downFrom = nowMs - (behavior?.scaleDown?.stabilizationWindowSeconds ?? defaultDownSeconds) * 1000
  let [lowest, highest] = [desired, desired]
  for (const { replicas, atMs } of history.recommendations) {
    if (atMs > upFrom) lowest = Math.min(replicas, lowest)
    if (atMs > downFrom) highest = Math.max(replicas, highest)
  }
  const kept = history.recommendations.filter(({ atMs }) => atMs >= Math.min(upFrom, downFrom))
  history.recommendations = [...kept, { replicas: desired, atMs: nowMs }]
  return Math.min(Math.max(current, lowest), highest)
}

interface Limited {
  readonly replicas: number
  readonly reason: string
  readonly message: string
}

function limitByDefault({ current, desired, min, max }: ScalingQuestion): Limited {
  // Not more than twice as many at once, but four at least.
  const rate = Math.max(2 * current, 4)
  if (desired < min) return { replicas: min, ...tooFew }
  if (desired > Math.min(rate, max)) return max > rate ? { replicas: rate, ...upLimit } : { replicas: max, ...tooMany }
  return { replicas: desired, ...within }
}

function limitByRates(question: ScalingQuestion, behavior: Behavior, history: ScalingHistory): Limited {
  const { current, desired, min, max } = question
  if (desired > current) {
    const rate = Math.max(current, rateLimit(question, behavior.scaleUp ?? {}, history, 'up'))
    if (desired > Math.min(rate, max)) return max > rate ? { replicas: rate, ...upLimit } : { replicas: max, ...tooMany }
  } else if (desired < current) {
    const rate = Math.min(current, rateLimit(question, behavior.scaleDown ?? {}, history, 'down'))
    if (desired < Math.max(rate, min)) return min < rate ? { replicas: rate, ...downLimit } : { replicas: min, ...tooFew }
  }
  return { replicas: desired, ...within }
}

/** How far the policies let it go from where it was when their periods began. */
function rateLimit(
  { current, nowMs }: ScalingQuestion,
  { selectPolicy, policies = [] }: ScalingRules,
  history: ScalingHistory,
  way: 'up' | 'down',
): number {
  if (selectPolicy === 'Disabled') return current
  const proposals = policies.map(({ type, value, periodSeconds }) => {
    const since = nowMs - periodSeconds * 1000
    const sum = (events: readonly { change: number; atMs: number }[]) =>
      events.reduce((total, { change, atMs }) => total + (atMs > since ? change : 0), 0)
    const start = current - sum(history.ups) + sum(history.downs)
    if (type === 'Pods') return way === 'up' ? start + value : start - value
    return way === 'up' ? Math.ceil(start * (1 + value / 100)) : Math.trunc(start * (1 - value / 100))
  })
  const farthest = selectPolicy !== 'Min'
  return (way === 'up') === farthest ? Math.max(...proposals) : Math.min(...proposals)
}
