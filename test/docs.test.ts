import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { after, before, test } from 'node:test'
import { demoFiles } from '../src/app/demo/demo-files.js'
import { embeddedClusterCrd, embeddedClusterType } from '../src/app/embedded-clusters/embedded-cluster.js'
import { crdType, secretType } from '../src/app/system/core-types.js'
import { createSeededRandom } from '../src/base/random.js'
import { version } from '../src/cli/version.js'
import { parseClusterSecret } from '../src/dialects/argo-cd/cluster-secret/parse-cluster-secret.js'
import { warnClusterSecret } from '../src/dialects/argo-cd/cluster-secret/warn-cluster-secret.js'
import type { AppProject } from '../src/dialects/argo-cd/kinds/app-project.js'
import type { Application } from '../src/dialects/argo-cd/kinds/application.js'
import type { ApplicationSet } from '../src/dialects/argo-cd/kinds/application-set.js'
import { argoCdKinds } from '../src/dialects/argo-cd/kinds/definitions.js'
import { applicationType, appProjectType } from '../src/dialects/argo-cd/kinds/resource-types.js'
import { repositorySecretSelector } from '../src/dialects/argo-cd/repository-secret/parse-repository-secret.js'
import { findCredentials } from '../src/dialects/argo-cd/repository-secret/repository-credentials.js'
import type { WarningFacts } from '../src/dialects/argo-cd/warnings/facts.js'
import { warnAppProject } from '../src/dialects/argo-cd/warnings/warn-app-project.js'
import { warnApplication } from '../src/dialects/argo-cd/warnings/warn-application.js'
import { warnApplicationSet } from '../src/dialects/argo-cd/warnings/warn-application-set.js'
import { type ClusterProfile, clusterProfileType, memberIdLabel } from '../src/dialects/cluster-profile/cluster-profile.js'
import { applicationSetProfile } from '../src/formats/go-template/profiles.js'
import { parseYamlDocuments } from '../src/formats/yaml/parse-yaml.js'
import type { KubeObject } from '../src/kube/object/kube-object.js'
import { consoleCommands, type DocBlock, docBlocks, docPages } from './support/doc-blocks.js'
import { runGuide } from './support/run-guide.js'
import { createWorld, type World } from './support/worlds/world.js'

// The documentation holds what it says: links lead somewhere, tables are complete, examples are accepted and work.

const pages = docPages()
const repository = 'https://git.example.com/fleet.git'

test('every link leads somewhere', () => {
  const broken: string[] = []
  for (const page of pages) {
    const text = readFileSync(page, 'utf8').replace(/^```[\s\S]*?^```$/gm, '')
    for (const [, target = ''] of text.matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^[a-z]+:/.test(target)) continue
      const [path = '', anchor = ''] = target.split('#')
      const file = path === '' ? page : normalize(join(dirname(page), path))
      if (!existsSync(file)) broken.push(`${page}: ${target}: there is no ${file}`)
      else if (anchor !== '' && !anchorsOf(file).has(anchor)) broken.push(`${page}: ${target}: ${file} has no such heading`)
    }
  }
  assert.deepEqual(broken, [])
})

test('every kind has its page, and README names every page', () => {
  const kinds = [...argoCdKinds.map((kind) => kind.type.kind), clusterProfileType.kind, embeddedClusterType.kind]
  for (const kind of kinds) {
    const page = `docs/reference/${kind.toLowerCase()}.md`
    assert.ok(existsSync(page), `${kind} has no page ${page}`)
    assert.match(readFileSync(page, 'utf8'), new RegExp(`^# ${kind}$`, 'm'))
  }
  const readme = readFileSync('README.md', 'utf8')
  for (const page of pages.filter((path) => /^docs\/(reference|guides)\//.test(path)))
    assert.ok(readme.includes(`(${page})`), `README.md does not name ${page}`)
})

test('a reference page of a kind starts with an example and has the sections that people look for', () => {
  const kinds = [
    'application',
    'applicationset',
    'appproject',
    'cluster-secret',
    'repository-secret',
    'clusterprofile',
    'embeddedcluster',
    'webhooks',
  ]
  for (const name of [...kinds, 'embedded-cluster', 'kustomize']) {
    const page = `docs/reference/${name}.md`
    const headings = [...readFileSync(page, 'utf8').matchAll(/^## (.*)$/gm)].map((match) => match[1]!)
    for (const wanted of ['Status', 'Annotations', 'Where we differ from Argo CD on purpose', 'Limits']) {
      if (name === 'embedded-cluster' && wanted === 'Annotations') continue
      assert.ok(headings.includes(wanted), `${page} has no section "${wanted}"`)
    }
    assert.ok(
      docBlocks(page).some((block) => block.language === 'yaml'),
      `${page} has no example`,
    )
  }
})

test('commands.md is current, so every command has its section', () => {
  const result = spawnSync(process.execPath, ['tools/docs/commands.mjs', '--check'], { encoding: 'utf8' })
  assert.equal(result.status, 0, result.stderr)
})

test('the pages have the names that the code reads', () => {
  // Where names stand in the source, what finds them, and the page that must explain each.
  const held: [path: string, names: RegExp, page: string][] = [
    ['src/dialects/argo-cd/application/directives.ts', /'(argocd\.argoproj\.io\/[a-z-]+)'/g, 'application'],
    ['src/dialects/argo-cd/warnings/warn-sync-options.ts', /^ {2}'([A-Z]\w+)',$/gm, 'application'],
    ['src/dialects/argo-cd/application-set/generators/index.ts', /\b([a-z]+)Generator\b(?=[,\]])/g, 'applicationset'],
    ['src/dialects/argo-cd/application-set/carry-out.ts', /'(\w+ApplicationError)'/g, 'applicationset'],
    ['src/dialects/argo-cd/application-set/generate-applications.ts', /reason: '(\w+)'/g, 'applicationset'],
    ['src/dialects/argo-cd/cluster-secret/parse-cluster-secret.ts', /ClusterSecretProblem\(\s*'(\w+)'/g, 'cluster-secret'],
    ['src/dialects/argo-cd/cluster-secret/cluster-config.ts', /^ {2}'(\w+)',$/gm, 'cluster-secret'],
    ['src/dialects/argo-cd/warnings/warn-app-project.ts', /^ {2}(\w+): ['"]/gm, 'appproject'],
    ['src/dialects/cluster-profile/cluster-profile.ts', /'(flotilla\.dev\/[a-z-]+)'/g, 'clusterprofile'],
    ['src/app/hub/webhook.ts', /'(webhook\.[a-z.]+)'/g, 'webhooks'],
    ['src/delivery/render/contract.ts', /^ {2}readonly ((?:name|common|force|label|ignore)[A-Z]\w*)\?:/gm, 'kustomize'],
    ['src/apiserver/members/kubelet/pod-stages.ts', /'(simulation\.[\w./-]+)'/g, 'embedded-cluster'],
    ['src/apiserver/members/nodes/chaos-state.ts', /'(chaos\.[\w./-]+)'/g, 'chaos'],
    ['src/app/chaos/chaos-annotations.ts', /'(chaos\.[\w./-]+)'/g, 'chaos'],
  ]
  const missing: string[] = []
  for (const [path, names, page] of held) {
    const text = readFileSync(`docs/reference/${page}.md`, 'utf8')
    const found = new Set([...readFileSync(path, 'utf8').matchAll(names)].map((match) => match[1]!))
    assert.ok(found.size > 0, `${path} has no names like ${names}: correct this test`)
    for (const name of found) if (!text.includes(name)) missing.push(`${page}.md does not explain ${name} (${path})`)
  }
  assert.deepEqual(missing, [])
})

test('every option that a page names exists', () => {
  const known = new Set(['--help', ...(readFileSync('docs/reference/commands.md', 'utf8').match(/--[a-z][a-z-]+/g) ?? [])])
  const unknown: string[] = []
  for (const page of pages.filter((path) => path === 'README.md' || /^docs\/(reference|guides)\//.test(path))) {
    const text = readFileSync(page, 'utf8')
    const blocks = docBlocks(page).flatMap(consoleCommands)
    const inline = [...text.replace(/^```[\s\S]*?^```$/gm, '').matchAll(/`([^`\n]+)`/g)].map((match) => match[1]!)
    for (const code of [...blocks.filter((command) => command.includes('flotilla')), ...inline]) {
      // Options of other programs, of which the page of checks is full.
      if (page.endsWith('/checks.md') || /\b(kubectl|git|kustomize|base64|argocd)\b|^([A-Z_]+=\S+ )*node /.test(code)) continue
      for (const option of code.match(/(?<![\w-])--[a-z][a-z-]+/g) ?? [])
        if (!known.has(option)) unknown.push(`${page}: ${option}`)
    }
  }
  assert.deepEqual(unknown, [])
})

test('the version is the same in package.json and in the program', () => {
  assert.equal((JSON.parse(readFileSync('package.json', 'utf8')) as { version: string }).version, version)
})

test('errors.md has every code of the source, and no other', () => {
  const page = readFileSync('docs/reference/errors.md', 'utf8')
  const documented = new Set<string>()
  for (const row of page.split('\n').filter((line) => line.startsWith('| `'))) {
    for (const [, code = ''] of row.split('|')[1]!.matchAll(/`([a-z0-9-]+)`/g)) {
      assert.ok(!documented.has(code), `errors.md has ${code} twice`)
      documented.add(code)
    }
  }
  const used = new Set<string>()
  for (const path of readdirSync('src', { recursive: true, encoding: 'utf8' })) {
    if (!path.endsWith('.ts') || path.endsWith('.test.ts')) continue
    const text = readFileSync(join('src', path), 'utf8')
    // `code: 'a'`, and the alternatives of an expression; `reason:` where the engine makes codes of reasons.
    for (const [, expression = ''] of text.matchAll(/\bcode: ([^,;\n]*)/g)) {
      // Reasons of Kubernetes APIs.
      // A comparison is no code: only what is chosen by it.
      if (expression.startsWith('kebab(')) continue
      for (const [, code = ''] of expression.replace(/[!=]==? '[^']*'/g, '').matchAll(/'([a-z][a-z0-9]*(?:-[a-z0-9]+)*)'/g))
        used.add(code)
    }
    for (const [, code = ''] of text.matchAll(/\breason: '(cluster-[a-z-]+)'/g)) used.add(code)
  }
  assert.ok(used.size > 100)
  const missing = [...used].filter((code) => !documented.has(code)).sort()
  const gone = [...documented].filter((code) => !used.has(code)).sort()
  assert.deepEqual({ missing, gone }, { missing: [], gone: [] })
})

interface Example {
  readonly where: string
  readonly cluster: string
  readonly object: KubeObject
}

test('the examples of the reference are accepted and do what they say', async (t) => {
  const blocks = pages.filter((page) => page.startsWith('docs/reference/')).flatMap(docBlocks)
  const yaml = blocks.filter((block) => block.language === 'yaml')
  const outputs = yaml.filter((block) => block.note === 'output')
  const files = yaml.filter((block) => block.note.startsWith('file='))
  const examples = yaml.filter((block) => !outputs.includes(block) && !files.includes(block)).flatMap(examplesOf)
  assert.ok(examples.length > 10)

  let world: World
  before(async () => {
    world = await createWorld({
      members: {
        'us-east': { env: 'production', region: 'us-east-1', tier: 'primary' },
        'eu-west': { env: 'production', region: 'eu-west-1', tier: 'secondary' },
        staging: { env: 'staging', region: 'us-east-1', tier: 'secondary' },
      },
    })
    await world.client('hub').create(crdType, embeddedClusterCrd)
    world.repositories.commit({
      url: repository,
      files: {
        ...demoFiles(repository),
        ...Object.fromEntries(files.map((block) => [block.note.slice('file='.length), block.text])),
      },
    })
  })
  after(() => world.stop())

  await t.test('they are accepted', async () => {
    for (const { where, cluster, object } of examples) {
      const client = world.client(cluster)
      const type = (await client.resources()).forKind(object.apiVersion, object.kind)
      assert.ok(type, `${where}: ${cluster} does not serve ${object.apiVersion} ${object.kind}`)
      const { namespace, name } = object.metadata
      await assert.doesNotReject(
        client.patch(
          { type, name, ...(namespace === undefined ? {} : { namespace }) },
          { kind: 'apply', object },
          { fieldManager: 'docs', force: true, fieldValidation: 'Strict' },
        ),
        where,
      )
    }
    await world.settle()
  })

  await t.test('nothing is to be warned of', async () => {
    const facts = await factsOf(world)
    for (const { where, object } of examples) {
      assert.deepEqual(warningsOf(object, facts), [], where)
    }
  })

  await t.test('every Application becomes Synced and Healthy', async () => {
    const { items } = await world.client('hub').list<Application>(applicationType, { namespace: 'argocd' })
    const names = items.map(({ metadata }) => metadata.name)
    for (const name of ['guestbook', 'shop', 'checkout', 'api-us-east', 'policies-eu-west', 'node-agent-us-east'])
      assert.ok(names.includes(name), `${name} is not among ${names.join(', ')}`)
    for (const { metadata, status } of items) {
      assert.deepEqual(
        [status?.sync?.status, status?.health?.status],
        ['Synced', 'Healthy'],
        JSON.stringify([metadata.name, status]),
      )
    }
  })

  await t.test('simulated pods do what their annotations say', async () => {
    const client = world.client('us-east')
    const read = async (apiVersion: string, kind: string, name: string) => {
      const type = (await client.resources()).forKind(apiVersion, kind)!
      return (await client.get({ type, namespace: 'default', name })).status as Record<string, unknown>
    }
    assert.equal((await read('apps/v1', 'Deployment', 'slow'))['availableReplicas'], 2)
    assert.equal((await read('batch/v1', 'Job', 'fails'))['failed'], 1)
  })

  await t.test('credentials are found for the repositories that the page means', async () => {
    const { items } = await world.client('hub').list(secretType, { namespace: 'argocd', labelSelector: repositorySecretSelector })
    const own = findCredentials(items, 'https://git.example.com/private')
    assert.deepEqual([own?.username, own?.password], ['flotilla', 'a personal access token'])
    assert.match(findCredentials(items, 'git@git.example.com:team/app.git')?.sshPrivateKey ?? '', /OPENSSH/)
    assert.equal(findCredentials(items, 'git@git.example.com:team-two/app.git'), undefined)
  })

  await t.test('what a page shows as written by Flotilla looks like that', async () => {
    for (const block of outputs) {
      for (const shown of documentsOf(block)) {
        assert.equal(shown.kind, 'ClusterProfile', `${block.page}:${block.line}`)
        const { namespace = '', name } = shown.metadata
        const live = await world.client('hub').get<ClusterProfile>({ type: clusterProfileType, namespace, name })
        const wanted = shown as ClusterProfile
        assert.deepEqual(live.spec, wanted.spec)
        // Whose uid it is differs from run to run.
        const labels = (profile: ClusterProfile) => ({
          ...profile.metadata.labels,
          [memberIdLabel]: memberIdLabel in (profile.metadata.labels ?? {}),
        })
        assert.deepEqual(labels(live), labels(wanted))
        assert.deepEqual(Object.keys(live.status ?? {}).sort(), Object.keys(wanted.status ?? {}).sort())
        assert.deepEqual(live.status?.version, wanted.status?.version)
        const essence = ({
          type,
          status,
          reason,
          message,
        }: {
          type: string
          status: string
          reason?: string
          message?: string
        }) => [type, status, reason, message].join()
        assert.deepEqual(live.status?.conditions?.map(essence), wanted.status?.conditions?.map(essence))
        const properties = (profile: ClusterProfile) => profile.status?.properties?.map((property) => property.name)
        assert.deepEqual(properties(live), properties(wanted))
      }
    }
  })
})

// A reader has a shell with its usual tools; a machine with nothing but Node and Git may not.
const shell = spawnSync('sh', ['-c', 'command -v bash && command -v sed']).status === 0
test('the guides run, kubectl left out', { timeout: 60_000, skip: shell ? false : 'bash or sed is not installed' }, async () => {
  await runGuide('docs/guides/first-rollout.md', { kubectl: false })
})

test('the commands of the chaos page run', {
  timeout: 60_000,
  skip: shell ? false : 'bash or sed is not installed',
}, async () => {
  await runGuide('docs/reference/chaos.md', { kubectl: false })
})

test('the guide of backups works as it stands', {
  timeout: 60_000,
  skip: shell ? false : 'bash or sed is not installed',
}, async () => {
  await runGuide('docs/guides/back-up-and-restore.md', { kubectl: false })
  await runGuide('docs/reference/embeddedcluster.md', { kubectl: false })
})

test('every console block of the guides and the README has commands', () => {
  for (const page of pages.filter((path) => path === 'README.md' || path.startsWith('docs/guides/'))) {
    for (const block of docBlocks(page).filter(({ language }) => language === 'console'))
      assert.ok(consoleCommands(block).length > 0, `${page}:${block.line}`)
  }
})

function anchorsOf(page: string): Set<string> {
  const headings = [...readFileSync(page, 'utf8').matchAll(/^#+ (.*)$/gm)].map((match) => match[1]!)
  return new Set(
    headings.map((heading) =>
      heading
        .toLowerCase()
        .replace(/[^\w\- ]/g, '')
        .replaceAll(' ', '-'),
    ),
  )
}

function documentsOf(block: DocBlock): KubeObject[] {
  return parseYamlDocuments(block.text, { source: `${block.page}:${block.line}` }).map(({ value }) => value as KubeObject)
}

function examplesOf(block: DocBlock): Example[] {
  const cluster = block.note === '' ? 'hub' : block.note
  return documentsOf(block).map((object) => ({ where: `${block.page}:${block.line} ${object.kind}`, cluster, object }))
}

async function factsOf(world: World): Promise<WarningFacts> {
  const hub = world.client('hub')
  const projects = (await hub.list<AppProject>(appProjectType, { namespace: 'argocd' })).items
  return {
    namespace: 'argocd',
    clusters: world.hub.inventory.list().filter((cluster) => cluster.source !== 'in-cluster'),
    projects: new Map(projects.map((project) => [project.metadata.name, project])),
    functions: applicationSetProfile({ clock: world.clock, random: createSeededRandom(1) }),
  }
}

function warningsOf(object: KubeObject, facts: WarningFacts): string[] {
  if (object.kind === 'Application') return warnApplication(object as Application, facts)
  if (object.kind === 'ApplicationSet') return warnApplicationSet(object as ApplicationSet, facts)
  if (object.kind === 'AppProject') return warnAppProject(object as AppProject)
  if (object.kind !== 'Secret') return []
  const { problem } = parseClusterSecret(object)
  const isCluster = object.metadata.labels?.['argocd.argoproj.io/secret-type'] === 'cluster'
  return [...(isCluster && problem ? [problem.message] : []), ...warnClusterSecret(object)]
}
