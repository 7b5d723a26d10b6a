import { defineCheck } from '../../contract.js'

const socket = '/var/run/docker.sock'

export const kindDockerSocket = defineCheck({
  id: 'kind-docker-socket',
  topic: 'lifecycle',
  severity: 'error',
  title: 'A management cluster for the Docker provider has no way to Docker',
  why: 'The Docker provider of Cluster API makes machines as containers beside the management cluster: it needs the socket of Docker inside its node. Without the mount every DockerMachine fails with `Cannot connect to the Docker daemon`.',
  evidence: ['Cluster API: docs/book/src/user/quick-start.md, kind configuration for the Docker provider'],
  fix: 'Add to the node: `extraMounts: [{hostPath: /var/run/docker.sock, containerPath: /var/run/docker.sock}]`.',
  *run(model) {
    const inits = model
      .callsOf('clusterctl', 'init')
      .filter((call) => call.flagValues('infrastructure', 'i').some((value) => value.split(',').includes('docker')))
    const [init] = inits
    if (init === undefined) return
    for (const config of model.kinds('kind.x-k8s.io', 'Cluster')) {
      const nodes = config.items('nodes')
      const mounted = nodes.some((node) => node.items('extraMounts').some((mount) => mount.text('containerPath') === socket))
      if (mounted) continue
      yield {
        message: `no node of this kind cluster mounts ${socket}, which clusterctl init --infrastructure=docker needs`,
        at: [nodes[0] === undefined ? config.at('kind') : config.atKey('nodes'), init.at('infrastructure', 'i')],
      }
    }
  },
})
