import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { LogicalCluster } from '../src/apiserver/contract.js'
import { createBootstrapLayer } from '../src/apiserver/logical/bootstrap-layer.js'
import { createLogicalClusters } from '../src/apiserver/logical/logical-clusters.js'
import { createMemoryStorage } from '../src/apiserver/storage/memory-storage.js'
import { hubUser } from '../src/app/fleet/embedded-api.js'
import { registerMembers } from '../src/app/fleet/register-members.js'
import { createApplyWarnings } from '../src/app/hub/apply-warnings.js'
import { installHub } from '../src/app/hub/install-hub.js'
import { silentLog } from '../src/base/log.js'
import { createSeededRandom } from '../src/base/random.js'
import { VirtualClock } from '../src/base/virtual-clock.js'
import { applicationSetProfile } from '../src/formats/go-template/profiles.js'
import { parseYamlDocuments } from '../src/formats/yaml/parse-yaml.js'
import type { KubeClient } from '../src/kube/client/kube-client.js'
import type { KubeObject } from '../src/kube/object/kube-object.js'

/** A hub with the clusters east and west (env: production) and test (env: staging); what is applied to it answers with its warnings. */
async function createHub() {
  const clock = new VirtualClock({ idle: () => new Promise((done) => setImmediate(done)) })
  const ports = { clock, random: createSeededRandom(1), log: silentLog }
  const clusters = createLogicalClusters({
    storage: createMemoryStorage({ base: createBootstrapLayer(0) }),
    ports,
    admission: [
      createApplyWarnings({
        cluster: 'hub',
        namespace: 'argocd',
        functions: applicationSetProfile(ports),
        quietUsers: [hubUser.name],
      }),
    ],
  })
  const hub = await clusters.ensure('hub')
  const own = hub.client({ user: hubUser })
  await installHub(own, { namespace: 'argocd' })
  const member = (name: string, labels: Record<string, string>) => ({
    name,
    server: `https://${name}.example.com`,
    labels,
    token: 't',
    caPem: '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n',
  })
  await registerMembers(own, {
    namespace: 'argocd',
    members: [
      member('east', { env: 'production', region: 'us-east' }),
      member('west', { env: 'production' }),
      member('test', { env: 'staging', region: 'us-east' }),
    ],
  })
  return {
    cluster: (name: string) => clusters.ensure(name),
    async apply(text: string, options: { on?: LogicalCluster; as?: KubeClient } = {}): Promise<string[]> {
      const client = options.as ?? (options.on ?? hub).client()
      const warnings: string[] = []
      for (const { value } of parseYamlDocuments(text)) {
        const object = value as unknown as KubeObject
        const type = (await client.resources({ refresh: true })).forKind(object.apiVersion, object.kind)
        assert.ok(type, object.kind)
        await client.patch(
          { type, namespace: object.metadata.namespace ?? 'argocd', name: object.metadata.name },
          { kind: 'apply', object },
          { fieldManager: 'test', force: true, onWarning: (text) => warnings.push(text) },
        )
      }
      return warnings
    },
    own,
  }
}

const source = 'source: {repoURL: "https://git.example.com/a.git", path: app}'
const set = (generators: string, template: string, more = '', name = 'shop') => `apiVersion: argoproj.io/v1alpha1
kind: ApplicationSet
metadata: {name: ${name}, namespace: argocd}
spec:
  generators: ${generators}
  template: ${template}
${more}`
const app = (spec: string, metadata = 'name: shop, namespace: argocd') =>
  `apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {${metadata}}\nspec: {${spec}}\n`
const clusters = (selector: string, more = '') => `[{clusters: {selector: ${selector}${more}}}]`
const destination = 'destination: {name: "{{name}}", namespace: a}'
const template = `{metadata: {name: "shop-{{name}}"}, spec: {project: default, ${source}, ${destination}}}`
const goTemplate = template.replaceAll('{{name}}', '{{.name}}')

test('what works is not warned about', async () => {
  const { apply } = await createHub()
  assert.deepEqual(await apply(set(clusters('{matchLabels: {env: production}}'), template)), [])
  assert.deepEqual(
    await apply(set('[{clusters: {}}]', goTemplate, '  goTemplate: true\n  goTemplateOptions: [missingkey=error]\n')),
    [],
  )
  assert.deepEqual(await apply(set('[{list: {elements: [{name: east}, {name: in-cluster}]}}]', template)), [])
  const files = 'git: {repoURL: "https://git.example.com/a.git", files: [{path: "*.json"}]}'
  assert.deepEqual(await apply(set(`[{matrix: {generators: [{clusters: {}}, {${files}}]}}]`, template)), [])
  // Conditions on labels that some clusters lack are what templates are for.
  const patch =
    '  goTemplate: true\n  templatePatch: |\n    {{ if .metadata.labels.region }}metadata: {labels: {r: {{ .metadata.labels.region }}}}{{ end }}\n'
  assert.deepEqual(await apply(set(clusters('{matchLabels: {env: production}}'), goTemplate, patch)), [])
  assert.deepEqual(
    await apply(app(`project: default, ${source}, destination: {server: "https://east.example.com/", namespace: a}`)),
    [],
  )
  assert.deepEqual(
    await apply(
      app(`project: default, ${source}, destination: {server: "https://kubernetes.default.svc"}`, 'name: b, namespace: argocd'),
    ),
    [],
  )
})

test('selectors: the label that was meant, the values that there are, the parts that do not meet', async () => {
  const { apply } = await createHub()
  const warn = async (selector: string) => {
    const [first = '', ...more] = await apply(set(clusters(selector), template))
    assert.deepEqual(more, [])
    return first.replace('spec.generators[0].clusters.selector matches none of the 3 clusters now: ', '')
  }
  assert.equal(
    await warn('{matchLabels: {environment: production}}'),
    'no cluster has the label environment: did you mean env=production (east, west)?',
  )
  assert.equal(
    await warn('{matchLabels: {Env: prod}}'),
    'no cluster has the label Env: did you mean env=production (east, west), env=staging (test)?',
  )
  assert.equal(
    await warn('{matchLabels: {env: prod}}'),
    'no cluster has env=prod, but there are env=production (east, west), env=staging (test)',
  )
  assert.equal(await warn('{matchLabels: {zone: a}}'), 'no cluster has the label zone; labels in use: env, region')
  assert.equal(
    await warn('{matchLabels: {env: staging}, matchExpressions: [{key: region, operator: DoesNotExist}]}'),
    'no cluster meets all of it: env=staging holds for test; !region holds for west',
  )
  assert.match(
    await warn('{matchExpressions: [{key: env, operator: Inn, values: [a]}]}'),
    /"Inn" is not a valid label selector operator/,
  )
})

test('the seeds own mistakes', async () => {
  const { apply } = await createHub()
  const warnings = await apply(
    set(
      clusters('{matchLabels: {env: production}}', ', values: {dns: "{{ .metadata.labels.region }}.example.com"}'),
      `{metadata: {name: "api-{{ .name }}"}, spec: {${source.replace('path: app', 'path: "o/{{ .metadata.labels.region }}/{{ .values.dns }}"')}, destination: {server: "{{ .server }}"}}}`,
      '  goTemplate: true\n',
    ),
  )
  assert.deepEqual(warnings, [
    'spec.template.spec.project is missing, which is taken for "default" here and refused by Argo CD itself: write project: default',
    'spec.generators[0].clusters.values.dns: {{.metadata.labels.region}} becomes "<no value>" for west: set the label region, or goTemplateOptions: ["missingkey=error"] so that nothing is deployed instead',
    'spec.template.spec.source.path: {{.metadata.labels.region}} becomes "<no value>" for west: set the label region, or goTemplateOptions: ["missingkey=error"] so that nothing is deployed instead',
  ])
})

test('templates: dots missing or too many, tags that stay, errors', async () => {
  const { apply } = await createHub()
  const warn = async (text: string) => (await apply(text)).join('\n')
  assert.match(
    await warn(set('[{clusters: {}}]', goTemplate)),
    /spec.template.metadata.name: {{.name}} is a Go template, which stays as it is without spec.goTemplate: true/,
  )
  assert.match(
    await warn(set('[{clusters: {}}]', template, '  goTemplate: true\n')),
    /function "name" not defined: with spec.goTemplate: true parameters begin with a dot: {{ .name }}/,
  )
  assert.match(
    await warn(
      set(clusters('{matchLabels: {env: production}}'), template.replace('path: app', 'path: "a/{{metadata.labels.region}}"')),
    ),
    /spec.source.path: {{metadata.labels.region}} stays as it is for west, without the label region: set it/,
  )
  assert.match(
    await warn(set('[{list: {elements: [{name: east, url: a}]}}]', template.replace('path: app', 'path: "{{urls}}"'))),
    /there is no parameter urls, did you mean url\?/,
  )
  assert.match(
    await warn(set('[{clusters: {}}]', goTemplate, '  goTemplate: true\n  goTemplateOptions: [missingkey=maybe]\n')),
    /unrecognized option in goTemplateOptions: missingkey=maybe/,
  )
  const strict = '  goTemplate: true\n  goTemplateOptions: [missingkey=error]\n'
  assert.match(
    await warn(
      set(
        clusters('{matchLabels: {env: production}}'),
        goTemplate.replace('path: app', 'path: "{{.metadata.labels.region}}"'),
        strict,
      ),
    ),
    /the label region is missing for west, and nothing is generated until it is there/,
  )
  assert.match(await warn(set('[{list: {elements: [{name: 1}]}}]', template)), /list.elements\[0\].name: expected a string/)
  assert.match(
    await warn(set('[{list: {elements: [{name: east}, {name: west}]}}]', template.replace('shop-{{name}}', 'shop'))),
    /duplicate name: shop/,
  )
})

test('generators and fields that are not served', async () => {
  const { apply } = await createHub()
  const warn = async (text: string) => (await apply(text)).join('\n')
  assert.match(
    await warn(set('[{pullRequest: {github: {owner: a, repo: b}}}]', template)),
    /spec.generators\[0\].pullRequest: this generator is not served here/,
  )
  assert.match(
    await warn(set('[{matrix: {generators: [{clusters: {selector: {matchLabels: {x: z}}}}, {plugin: {}}]}}]', template)),
    /matrix.generators\[0\].clusters.selector matches none.*\n.*matrix.generators\[1\].plugin: this generator is not served/,
  )
  assert.match(
    await warn(set('[{clusters: {}}]', template, '  strategy: {type: RollingSync}\n')),
    /RollingSync is not carried out/,
  )
  assert.match(await warn(set('[]', template)), /spec.generators is empty/)
  const to = 'destination: {name: east, namespace: a}'
  const warnSource = (source: string) => warn(app(`project: default, ${to}, ${source}`))
  assert.equal(
    await warnSource('source: {repoURL: "https://charts.example.com", chart: redis, targetRevision: 1.0.0}'),
    await warnSource('source: {repoURL: "https://git.example.com/a", path: a}'),
  )
  assert.match(
    await warnSource('source: {repoURL: "ftp://charts.example.com", chart: redis, targetRevision: 1.0.0}'),
    /spec.source.repoURL: chart repository .* is not read over https, http or oci/,
  )
  assert.equal(
    await warnSource('source: {repoURL: "https://git.example.com/a", path: a, helm: {releaseName: x}}'),
    await warnSource('source: {repoURL: "https://git.example.com/a", path: a}'),
  )
  assert.match(
    await warnSource('source: {repoURL: "https://git.example.com/a", path: a, plugin: {name: x}}'),
    /config management plugin, which Flotilla does not run/,
  )
  assert.match(
    await warnSource(
      'source: {repoURL: "https://git.example.com/a", path: a, directory: {jsonnet: {tlas: [{name: a, value: b}]}}}',
    ),
    /jsonnet files are not rendered/,
  )
  assert.match(
    await warnSource('source: {repoURL: "git.example.com/a", path: /a}'),
    /is not a Git URL.*\n.*write it relative to the root/s,
  )
  assert.match(await warnSource('revisionHistoryLimit: 3'), /spec.source or spec.sources is required/)
  assert.match(
    await warnSource(`${source}, syncPolicy: {syncOptions: [CreateNamespaces=true, Prune=false, Replace]}`),
    /CreateNamespaces=true is not known and has no effect: did you mean CreateNamespace\?\n.*Prune=false has no effect on an Application.*\n.*Replace has no effect: write Replace=true/,
  )
})

test('projects and destinations that are not there, or not allowed', async () => {
  const { apply } = await createHub()
  let count = 0
  const warn = async (spec: string) => (await apply(app(`${source}, ${spec}`, `name: a${count++}, namespace: argocd`))).join('\n')
  assert.match(
    await warn('project: defautl, destination: {name: east}'),
    /there is no AppProject defautl in namespace argocd, .*did you mean default\?/,
  )
  assert.match(await warn('project: "", destination: {name: east}'), /spec.project is empty, which is taken for "default"/)
  assert.match(
    await warn('project: default, destination: {name: eest}'),
    /spec.destination.name: there is no cluster eest in the fleet; did you mean east\?/,
  )
  assert.match(
    await warn('project: default, destination: {server: "https://elsewhere"}'),
    /there is no cluster https:\/\/elsewhere in the fleet; there are https:\/\/east/,
  )
  assert.match(
    await warn('project: default, destination: {name: east, server: "https://east.example.com"}'),
    /both name and server/,
  )
  assert.match(await warn('project: default, destination: {}'), /neither name nor server/)
  const project = (spec: string) =>
    `apiVersion: argoproj.io/v1alpha1\nkind: AppProject\nmetadata: {name: narrow, namespace: argocd}\nspec: {${spec}}\n`
  assert.deepEqual(await apply(project('sourceRepos: ["*"], destinations: [{name: west, namespace: "*"}]')), [])
  assert.match(
    await warn('project: narrow, destination: {name: east, namespace: a}'),
    /do not match any of the allowed destinations in project 'narrow': nothing is deployed/,
  )
  const windows =
    '[{kind: deny, schedule: "* * * * *", duration: 1h}, {kind: allow, schedule: "0 25 * * *", duration: soon, timeZone: Mars, applications: ["*"]}]'
  const warnings = await apply(project(`syncWindows: ${windows}, signatureKeys: [{keyID: A}]`))
  assert.match(warnings.shift()!, /spec.signatureKeys is not enforced here: commits are not verified/)
  assert.match(warnings.shift()!, /spec.sourceRepos is empty, so no repository is allowed/)
  assert.match(warnings.shift()!, /spec.destinations is empty, so no cluster is allowed/)
  assert.match(warnings.shift()!, /spec.syncWindows\[0\] names no applications, namespaces or clusters, so it has no effect/)
  assert.match(warnings.shift()!, /spec.syncWindows\[1\].schedule: .*25.*; until then the window holds syncs back/)
  assert.match(warnings.shift()!, /spec.syncWindows\[1\].duration is "soon": write 30m/)
  assert.match(warnings.shift()!, /spec.syncWindows\[1\].timeZone is "Mars": write a name/)
  assert.deepEqual(warnings, [])
})

test('cluster Secrets; namespaces that nothing looks at; edits that will be undone', async () => {
  const { apply, own } = await createHub()
  const secret = (config: string, namespace = 'argocd') => `apiVersion: v1
kind: Secret
metadata: {name: c, namespace: ${namespace}, labels: {argocd.argoproj.io/secret-type: cluster}}
stringData: {name: c, server: "https://c.example.com", config: '${config}'}
`
  assert.match(
    (await apply(secret('{"bearerToken": "x", "tlsClientConfig": {"caData": "LS0tLS1CRUdJTi..."}}'))).join(),
    /Secret argocd\/c: config.tlsClientConfig.caData .* is not base64/,
  )
  assert.match(
    (await apply(app(`project: default, ${source}, destination: {name: c}`))).join(),
    /cluster c cannot be reached: Secret argocd\/c/,
  )
  assert.match(
    (await apply(secret('{"bearerToken": "x", "tlsClientConfig": {"insecure": true}}', 'default'))).join(),
    /clusters count in the namespace argocd only/,
  )
  const wrong = set('[{clusters: {}}]', template).replace('namespace: argocd', 'namespace: default')
  assert.deepEqual(await apply(wrong), [
    'ApplicationSets count in the namespace argocd only: nothing looks at this one in default',
  ])

  await apply(set('[{clusters: {}}]', template))
  const type = (await own.resources()).forKind('argoproj.io/v1alpha1', 'ApplicationSet')!
  const { uid } = (await own.get({ type, namespace: 'argocd', name: 'shop' })).metadata
  const owner = `ownerReferences: [{apiVersion: argoproj.io/v1alpha1, kind: ApplicationSet, name: shop, uid: ${uid}, controller: true}]`
  const owned = (path: string) =>
    app(`project: default, ${source.replace('app', path)}, destination: {name: east}`, `name: owned, namespace: argocd, ${owner}`)
  assert.deepEqual(await apply(owned('a')), [])
  assert.match((await apply(owned('b'))).join(), /ApplicationSet shop will undo this/)
  const taken = set(
    '[{list: {elements: [{name: owned}]}}]',
    template.replace('shop-{{name}}', '{{name}}').replace('name: "{{name}}", namespace', 'name: east, namespace'),
    '',
    'rival',
  )
  assert.deepEqual(await apply(taken), [
    'Application owned already belongs to ApplicationSet shop and stays as it is: give yours another name',
  ])
})

test('silence: our own writes, other clusters, writes that change no spec', async () => {
  const { apply, cluster, own } = await createHub()
  const wrong = app(`project: gone, ${source}, destination: {name: east}`)
  assert.equal((await apply(wrong)).length, 1)
  assert.deepEqual(await apply(wrong), [])
  assert.deepEqual(await apply(wrong.replace('namespace: argocd', 'namespace: argocd, labels: {a: b}')), [])
  assert.deepEqual(await apply(wrong.replace('name: shop', 'name: other'), { as: own }), [])
  const member = await cluster('east')
  const secret =
    'apiVersion: v1\nkind: Secret\nmetadata: {name: c, namespace: default, labels: {argocd.argoproj.io/secret-type: cluster}}\n'
  assert.deepEqual(await apply(secret, { on: member }), [])
})

test('hostile input is warned about or not, and stored or refused as any API server would', async () => {
  const { apply } = await createHub()
  const endless = '{{ range $i := until 100000 }}{{ range $j := until 100000 }}x{{ end }}{{ end }}'
  const warnings = await apply(
    set('[{clusters: {}}]', goTemplate.replace('path: app', `path: "${endless}"`), '  goTemplate: true\n'),
  )
  assert.deepEqual(warnings, [])
  const slow = await apply(
    set(
      '[{clusters: {}}]',
      goTemplate.replace('path: app', `path: '{{ genCA "a" 1 }}{{ genPrivateKey "rsa" }}'`),
      '  goTemplate: true\n',
    ),
  )
  assert.deepEqual(slow, [])
  assert.match(
    (
      await apply(
        set(
          clusters('{matchLabels: {env: production}}')
            .replace('{clusters', '{matrix: {generators: [{clusters')
            .replace('}]', '}, {list: {elements: []}}]}}]')
            .replace('production', 'true'),
          template,
          '',
          'odd',
        ),
      )
    ).join(),
    /values of the label env must be strings, found true: quote it/,
  )
  const many = Array.from({ length: 60 }, (_, index) => `{plugin: {number: ${index}}}`).join()
  assert.deepEqual((await apply(set(`[${many}]`, template, '', 'many'))).at(-1), 'and 48 more warnings')
  await assert.rejects(apply(set('[{clusters: null}]', template)), /must be of type object: "null"/)
  for (const odd of ['[{list: {elements: []}}]', '[{merge: {generators: [], mergeKeys: []}}]']) await apply(set(odd, template))
})
