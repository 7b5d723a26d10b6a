import { UsageError } from '../../../base/errors.js'

/** The size of a simulated machine. */
export interface InstanceType {
  readonly name: string
  readonly cpu: string
  readonly memory: string
  readonly pods: string
  readonly arch: 'amd64' | 'arm64'
  readonly gpus?: string
}

const table: readonly InstanceType[] = [
  { name: 't3.small', cpu: '2', memory: '2Gi', pods: '11', arch: 'amd64' },
  { name: 'm5.large', cpu: '2', memory: '8Gi', pods: '29', arch: 'amd64' },
  { name: 'm5.xlarge', cpu: '4', memory: '16Gi', pods: '58', arch: 'amd64' },
  { name: 'm5.2xlarge', cpu: '8', memory: '32Gi', pods: '110', arch: 'amd64' },
  { name: 'm5.4xlarge', cpu: '16', memory: '64Gi', pods: '234', arch: 'amd64' },
  { name: 'c5.xlarge', cpu: '4', memory: '8Gi', pods: '58', arch: 'amd64' },
  { name: 'r5.xlarge', cpu: '4', memory: '32Gi', pods: '58', arch: 'amd64' },
  { name: 'm6g.xlarge', cpu: '4', memory: '16Gi', pods: '58', arch: 'arm64' },
  { name: 'p3.2xlarge', cpu: '8', memory: '61Gi', pods: '58', arch: 'amd64', gpus: '1' },
]

/** What nodes are when nobody says: roomy, so that a laptop fleet does not run full. */
export const defaultInstanceType: InstanceType = {
  name: 'flotilla.large',
  cpu: '16',
  memory: '64Gi',
  pods: '1000',
  arch: 'amd64',
}

export function instanceType(name: string | undefined): InstanceType | undefined {
  return name === defaultInstanceType.name ? defaultInstanceType : table.find((type) => type.name === name)
}

/** Capacity as a node's status has it. */
export function capacityOf({ cpu, memory, pods, gpus }: InstanceType): Record<string, string> {
  return {
    cpu,
    'ephemeral-storage': '200Gi',
    'hugepages-1Gi': '0',
    'hugepages-2Mi': '0',
    memory,
    pods,
    ...(gpus === undefined ? {} : { 'nvidia.com/gpu': gpus }),
  }
}

/** `5`, `m5.large`, or `3xm5.large,2xc5.xlarge`: the machines of a cluster, in order. */
export function parseNodes(text: string): InstanceType[] {
  const machines: InstanceType[] = []
  for (const part of text.split(',')) {
    const match = /^(?:(\d{1,5})(?:x(.+))?|(.+))$/.exec(part.trim())
    const name = match?.[2] ?? match?.[3]
    const type = name === undefined ? defaultInstanceType : instanceType(name)
    if (match === null || type === undefined) {
      throw new UsageError({
        code: 'unknown-instance-type',
        message: `"${part}" says neither how many nodes there are to be nor of which type`,
        fix: `Use --nodes 5, or for example --nodes 3xm5.large,2xc5.xlarge. Types: ${table.map((each) => each.name).join(', ')}.`,
      })
    }
    for (let count = Number(match[1] ?? 1); count > 0; count--) machines.push(type)
  }
  if (machines.length > mostNodes) {
    throw new UsageError({
      code: 'too-many-nodes',
      message: `${machines.length} nodes are more than a cluster takes`,
      fix: `Use at most ${mostNodes}.`,
    })
  }
  return machines
}

const mostNodes = 5000
