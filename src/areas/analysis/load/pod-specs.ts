import type { KubeDocument } from '../model/document.js'
import type { ContainerView, PodSpecView } from '../model/fleet-model.js'
import type { Path } from '../model/spot.js'
import type { View } from '../model/view.js'

/** Where an object has the template of pods (or is one). */
const templates: Readonly<Record<string, Path>> = {
  'Pod.': [],
  'PodTemplate.': ['template'],
  'ReplicationController.': ['spec', 'template'],
  'Deployment.apps': ['spec', 'template'],
  'DaemonSet.apps': ['spec', 'template'],
  'StatefulSet.apps': ['spec', 'template'],
  'ReplicaSet.apps': ['spec', 'template'],
  'Job.batch': ['spec', 'template'],
  'CronJob.batch': ['spec', 'jobTemplate', 'spec', 'template'],
  'Rollout.argoproj.io': ['spec', 'template'],
  'FederatedDeployment.types.kubefed.io': ['spec', 'template', 'spec', 'template'],
  'FederatedReplicaSet.types.kubefed.io': ['spec', 'template', 'spec', 'template'],
  'FederatedStatefulSet.types.kubefed.io': ['spec', 'template', 'spec', 'template'],
  'FederatedDaemonSet.types.kubefed.io': ['spec', 'template', 'spec', 'template'],
  'FederatedJob.types.kubefed.io': ['spec', 'template', 'spec', 'template'],
}

export function podSpecOf(object: KubeDocument): PodSpecView | undefined {
  const path = templates[`${object.kind}.${object.group}`]
  if (path === undefined || !object.has(...path, 'spec')) return undefined
  return { object, spec: object.view(...path, 'spec'), metadata: object.view(...path, 'metadata') }
}

export function containersOf(pod: PodSpecView): ContainerView[] {
  return [...pod.spec.items('containers'), ...pod.spec.items('initContainers')].map((container) => {
    const words = ['command', 'args'].flatMap((key) =>
      container.items(key).flatMap((view) => (typeof view.value === 'string' ? [{ text: view.value, view }] : [])),
    )
    const values = (name: string): { value: string; view: View }[] =>
      words.flatMap(({ text, view }, index) => {
        if (text.startsWith(`--${name}=`)) return [{ value: text.slice(name.length + 3), view }]
        if (text !== `--${name}`) return []
        const next = words[index + 1]?.text
        return [{ value: next === undefined || next.startsWith('-') ? '' : next, view }]
      })
    return {
      ...pod,
      container,
      image: container.text('image') ?? '',
      arguments: words,
      argument: (name) => values(name).at(-1),
      argumentValues: (name) => values(name).map(({ value }) => value),
    }
  })
}

/** The program that a container most likely runs: the last part of its image, else its name. */
export function programOf(container: ContainerView): string {
  const image = container.image.replace(/@.*$/, '')
  const last = image.slice(image.lastIndexOf('/') + 1).replace(/:.*$/, '')
  return last === '' ? (container.container.text('name') ?? '') : last
}
