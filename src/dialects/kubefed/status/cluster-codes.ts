import type { ClusterOutcome } from '../../../delivery/federation/contract.js'

/** How it stands in one cluster: no code is well. */
export interface ClusterStatus {
  readonly name: string
  readonly status?: string
  readonly message?: string
  readonly remoteStatus?: unknown
}

const refusedAt = {
  read: 'RetrievalFailed',
  create: 'CreationFailed',
  update: 'UpdateFailed',
  delete: 'DeletionFailed',
  retain: 'FieldRetentionFailed',
  override: 'ApplyOverridesFailed',
  none: 'ComputeResourceFailed',
} as const

/** Upstream has no word for what is under way: an operation whose end it has not seen has timed out. */
const waitingAt = {
  read: 'CachedRetrievalFailed',
  create: 'CreationTimedOut',
  update: 'UpdateTimedOut',
  delete: 'DeletionTimedOut',
  retain: 'UpdateTimedOut',
  override: 'ApplyOverridesFailed',
  none: 'CreationTimedOut',
} as const

/** The code of upstream for what became of it in a cluster, with our words beside it. `undefined` for well. */
export function codeOf({ wanted, held, result }: ClusterOutcome): { status: string; message?: string } | undefined {
  if (held !== undefined)
    return { status: held.startsWith('the overrides are refused') ? 'ApplyOverridesFailed' : 'UpdateFailed', message: held }
  if (result === undefined) return wanted ? { status: 'CreationTimedOut', message: 'under way' } : { status: 'DeletionTimedOut' }
  const { state, step, message } = result
  const words = message === '' ? {} : { message }
  switch (state) {
    case 'Applied':
      return wanted ? undefined : { status: 'DeletionTimedOut', ...words }
    case 'AlreadyExists':
      return { status: 'AlreadyExists', ...words }
    case 'LetBe':
      return { status: 'ManagedLabelFalse', ...words }
    case 'Refused':
      return { status: refusedAt[step], ...words }
    case 'Unknown':
      return { status: 'ClusterNotReady', ...words }
    case 'Removing':
      return { status: 'WaitingForRemoval', ...words }
    case 'Drifted':
      return { status: 'UpdateFailed', ...words }
    case 'Waiting':
      return { status: waitingAt[step], ...words }
  }
}

/** Clusters that it is in, or shall be in, by name. What is neither wanted nor there (any more) is left out. */
export function clusterStatuses(
  outcomes: readonly ClusterOutcome[],
  options: { collectsStatus: boolean },
): readonly ClusterStatus[] {
  return outcomes.flatMap((outcome): ClusterStatus[] => {
    const { cluster, wanted, result } = outcome
    if (!wanted && isNothingThere(outcome)) return []
    const remote = options.collectsStatus ? result?.live?.['status'] : undefined
    return [{ name: cluster, ...codeOf(outcome), ...(remote === undefined ? {} : { remoteStatus: remote }) }]
  })
}

function isNothingThere({ result }: ClusterOutcome): boolean {
  if (result === undefined) return true
  return result.live === undefined && result.state !== 'Removing' && result.state !== 'Unknown' && result.state !== 'Refused'
}
