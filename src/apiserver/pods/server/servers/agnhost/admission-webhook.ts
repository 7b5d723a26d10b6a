/** What is looked at in an AdmissionReview's request. */
export interface ReviewedRequest {
  readonly uid?: string
  readonly name?: string
  readonly operation?: string
  readonly resource?: { readonly group?: string; readonly version?: string; readonly resource?: string }
  readonly subResource?: string
  readonly object?: Reviewed | null
  readonly oldObject?: Reviewed | null
}

interface Reviewed {
  readonly metadata?: { readonly name?: string; readonly labels?: Readonly<Record<string, string>> }
  readonly data?: Readonly<Record<string, unknown>>
  readonly spec?: { readonly containers?: readonly Named[]; readonly initContainers?: readonly Named[] }
  readonly stdin?: boolean
  readonly container?: string
}

interface Named {
  readonly name?: string
}

export interface ReviewAnswer {
  readonly allowed: boolean
  readonly status?: { readonly message?: string; readonly reason?: string; readonly status?: string; readonly code?: number }
  readonly patch?: readonly { readonly op: string; readonly path: string; readonly value: unknown }[]
}

const marker = 'webhook-e2e-test'
const allowed: ReviewAnswer = { allowed: true }

/** What the image's webhook at a path says to a request; `never`: it does not answer; undefined: there is no such path. */
export function reviewRequest(path: string, request: ReviewedRequest, sidecarImage: string): ReviewAnswer | 'never' | undefined {
  const object = request.object ?? undefined
  switch (path) {
    case '/always-allow-delay-5s':
      return { allowed: true, status: { message: 'this webhook allows all requests' } }
    case '/always-deny':
      return { allowed: false, status: { message: 'this webhook denies all requests' } }
    case '/add-label':
      return addLabel(object?.metadata?.labels)
    case '/pods':
      return judgePod(object)
    case '/pods/attach':
      return request.name === 'to-be-attached-pod' && object?.stdin === true && object.container === 'container1'
        ? { allowed: false, status: { message: "attaching to pod 'to-be-attached-pod' is not allowed" } }
        : allowed
    case '/mutating-pods': {
      const has = object?.spec?.initContainers?.some((each) => each.name === 'webhook-added-init-container')
      if (object?.metadata?.name !== 'webhook-to-be-mutated' || has) return allowed
      const value = [{ image: 'webhook-added-image', name: 'webhook-added-init-container', resources: {} }]
      return { allowed: true, patch: [{ op: 'add', path: '/spec/initContainers', value }] }
    }
    case '/mutating-pods-sidecar': {
      if (sidecarImage === '') {
        const message = 'No image specified by the sidecar-image parameter'
        return { allowed: false, status: { status: 'Failure', message, code: 500 } }
      }
      if (object?.spec?.containers?.some((each) => each.name === 'webhook-added-sidecar')) return allowed
      const value = { image: sidecarImage, name: 'webhook-added-sidecar', resources: {} }
      return { allowed: true, patch: [{ op: 'add', path: '/spec/containers/-', value }] }
    }
    case '/configmaps':
      return judgeData(request, {
        change: 'the configmap contains unwanted key and value',
        removal: 'the configmap cannot be deleted because it contains unwanted key and value',
      })
    case '/custom-resource':
      return judgeData(request, {
        change: 'the custom resource contains unwanted data',
        removal: 'the custom resource cannot be deleted because it contains unwanted key and value',
      })
    case '/mutating-configmaps':
    case '/mutating-custom-resource':
      return mutateData(object?.data)
    case '/crd':
      return object?.metadata?.labels?.[marker] === 'webhook-disallow'
        ? { allowed: false, status: { message: 'the crd contains unwanted label' } }
        : allowed
    default:
      return undefined
  }
}

function addLabel(labels: Readonly<Record<string, string>> | undefined): ReviewAnswer {
  if (Object.keys(labels ?? {}).length === 0)
    return { allowed: true, patch: [{ op: 'add', path: '/metadata/labels', value: { 'added-label': 'yes' } }] }
  const has = labels?.['added-label']
  if (has === 'yes') return allowed
  return {
    allowed: true,
    patch: [{ op: has === undefined ? 'add' : 'replace', path: '/metadata/labels/added-label', value: 'yes' }],
  }
}

function judgePod(pod: Reviewed | undefined): ReviewAnswer | 'never' {
  const label = pod?.metadata?.labels?.[marker]
  if (label === 'wait-forever') return 'never'
  const reasons = label === 'webhook-disallow' ? ['the pod contains unwanted label;'] : []
  if (pod?.spec?.containers?.some((each) => each.name?.includes('webhook-disallow')))
    reasons.push('the pod contains unwanted container name;')
  return reasons.length === 0 ? allowed : { allowed: false, status: { message: reasons.join(' ') } }
}

function judgeData(request: ReviewedRequest, reasons: { change: string; removal: string }): ReviewAnswer {
  const isRemoval = request.operation === 'DELETE'
  const value = (isRemoval ? request.oldObject : request.object)?.data?.[marker]
  if (isRemoval) return value === 'webhook-nondeletable' ? { allowed: false, status: { reason: reasons.removal } } : allowed
  const isChange = request.operation === 'CREATE' || request.operation === 'UPDATE'
  return isChange && value === 'webhook-disallow' ? { allowed: false, status: { reason: reasons.change } } : allowed
}

function mutateData(data: Readonly<Record<string, unknown>> | undefined): ReviewAnswer {
  const stage = data?.['mutation-stage-1'] === 'yes' ? 2 : data?.['mutation-start'] === 'yes' ? 1 : undefined
  if (stage === undefined) return allowed
  return { allowed: true, patch: [{ op: 'add', path: `/data/mutation-stage-${stage}`, value: 'yes' }] }
}
