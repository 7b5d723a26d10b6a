import type { CelLibrary, EstimatedCost, RuntimeCost } from '../../formats/cel/check/declarations.js'
import { add, fixed, type Range, scale } from '../../formats/cel/cost/estimate-types.js'
import { plainSize, regexFactor, traversalFactor } from '../../formats/cel/cost/runtime-cost.js'
import { walkCost } from '../../formats/cel/library/costs.js'
import { CelLibraryValue, type Value } from '../../formats/cel/values/values.js'
import { FormatValue } from './named-formats.js'

const one: RuntimeCost = () => 1
const estimateOne: EstimatedCost = () => ({ cost: fixed(1) })

/** Half a requirement for each character, each a list and a struct. */
function selectorCost(length: Range): Range {
  const requirements = scale(scale(length, 0.5), 50)
  return add(add(fixed(10), scale(length, traversalFactor)), requirements)
}

const walk = (factor = 1): EstimatedCost => {
  return (context, _overload, _target, args) => ({ cost: scale(context.sizeOf(args[0]!), factor * traversalFactor) })
}

function traverse(size: number): number {
  return Math.ceil(size * traversalFactor)
}

const address: Range = { min: 4n, max: 16n }
const twoAddresses = scale(add(address, address), traversalFactor)

const estimateContainsIp: EstimatedCost = (context, overload, _target, args) => {
  const text = overload === 'cidr_contains_ip_string' ? scale(context.sizeOf(args[0]!), traversalFactor) : fixed(0)
  return { cost: add(twoAddresses, text) }
}

const estimateContainsCidr: EstimatedCost = (context, overload, _target, args) => {
  const masked = add(add(twoAddresses, scale(address, traversalFactor)), fixed(1))
  const text = overload === 'cidr_contains_cidr_string' ? scale(context.sizeOf(args[0]!), traversalFactor) : fixed(0)
  return { cost: add(masked, text) }
}

const containsIp: RuntimeCost = (overload, args) => {
  const cost = traverse(2 * plainSize(args[0]!))
  return overload === 'cidr_contains_ip_string' ? cost + traverse(plainSize(args[1]!)) : cost
}

const containsCidr: RuntimeCost = (overload, args) => {
  const size = plainSize(args[0]!)
  const cost = traverse(2 * size) + traverse(size) + 1
  return overload === 'cidr_contains_cidr_string' ? cost + traverse(plainSize(args[1]!)) : cost
}

const validate: RuntimeCost = (_overload, args) => {
  const [format, text] = args
  if (!(format instanceof FormatValue)) return undefined
  return Math.ceil((1 + plainSize(text!)) * traversalFactor) * Math.ceil(format.patternSize * regexFactor)
}

const estimateValidate: EstimatedCost = (context, _overload, _target, args) => ({
  cost: scale(scale(context.sizeOf(args[0]!), traversalFactor), 128 * regexFactor),
})

/** Values of Kubernetes compare at the cost of one, whatever they hold. */
const equals: RuntimeCost = (_overload, args: readonly Value[]) => {
  const [left] = args
  return left instanceof CelLibraryValue && left.typeName !== 'unknown' ? 1 : undefined
}

const cheapEquality = new Set([
  ...['net.IP', 'net.CIDR', 'kubernetes.Quantity', 'kubernetes.Semver', 'kubernetes.authorization.Authorizer'],
  ...['kubernetes.authorization.PathCheck', 'kubernetes.authorization.GroupCheck', 'kubernetes.authorization.ResourceCheck'],
  'kubernetes.authorization.Decision',
])

const estimateEquals: EstimatedCost = (_context, _overload, _target, args) => {
  const [left, right] = args
  if (left === undefined || right === undefined || left.type.name !== right.type.name) return undefined
  const { name } = left.type
  if (cheapEquality.has(name)) return { cost: fixed(1) }
  if (name === 'kubernetes.NamedFormat') return { cost: scale({ min: 1n, max: 64n }, traversalFactor) }
  if (name === 'kubernetes.URL') return { cost: scale({ min: 1n, max: right.size?.max ?? 1n }, traversalFactor) }
  return undefined
}

const free = [
  ...['serviceAccount', 'path', 'group', 'resource', 'subresource', 'namespace', 'name', 'allowed', 'reason', 'error', 'errored'],
  ...['masked', 'prefixLength', 'family', 'isUnspecified', 'isLoopback', 'isLinkLocalMulticast', 'isLinkLocalUnicast'],
  ...['isGlobalUnicast', 'format.named', 'sign', 'asInteger', 'isInteger', 'asApproximateFloat', 'isGreaterThan', 'isLessThan'],
  ...['compareTo', 'add', 'sub', 'major', 'minor', 'patch', 'getScheme', 'getHostname', 'getHost', 'getPort', 'getEscapedPath'],
  'getQuery',
]
const walked = ['cidr', 'isIP', 'isCIDR', 'quantity', 'isQuantity', 'semver', 'isSemver']

/** What Kubernetes counts for the functions of its own libraries. */
export const kubernetesCosts: CelLibrary = {
  functions: [],
  costs: new Map<string, RuntimeCost>([
    ...free.map((name) => [name, one] as const),
    ...walked.map((name) => [name, walkCost()] as const),
    ['url', walkCost()],
    ['check', () => 350_000],
    ...['fieldSelector', 'labelSelector'].map(
      (name) =>
        [name, (_overload: string, args: readonly Value[]) => Number(selectorCost(fixed(plainSize(args[1]!))).max)] as const,
    ),
    ['ip', (overload, args) => (overload === 'cidr_ip' ? 1 : traverse(plainSize(args[0]!)))],
    ['ip.isCanonical', walkCost(2)],
    ['containsIP', containsIp],
    ['containsCIDR', containsCidr],
    ['validate', validate],
    ['_==_', equals],
  ]),
  estimates: new Map<string, EstimatedCost>([
    ...free.map((name) => [name, estimateOne] as const),
    ...walked.map((name) => [name, walk()] as const),
    [
      'url',
      (context, _overload, _target, args) => {
        const size = context.sizeOf(args[0]!)
        return { cost: scale(size, traversalFactor), size }
      },
    ],
    ['check', () => ({ cost: fixed(350_000) })],
    ...['fieldSelector', 'labelSelector'].map(
      (name) =>
        [
          name,
          ((context, _overload, _target, args) => ({ cost: selectorCost(context.sizeOf(args[0]!)) })) as EstimatedCost,
        ] as const,
    ),
    [
      'ip',
      (context, _overload, _target, args) => ({
        cost: args.length === 0 ? fixed(1) : scale(context.sizeOf(args[0]!), traversalFactor),
      }),
    ],
    ['ip.isCanonical', walk(2)],
    ['containsIP', estimateContainsIp],
    ['containsCIDR', estimateContainsCidr],
    ['validate', estimateValidate],
    ['_==_', estimateEquals],
  ]),
}
