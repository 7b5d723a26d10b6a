import assert from 'node:assert/strict'
import { test } from 'node:test'
import { proxyPath } from './proxy-path.js'
import { rewriteHtml, rewriteLink } from './rewrite-links.js'

const rewriter = { prefix: '/p', hosts: ['10.0.0.1:80', 'server:6443'] }

test('links of the target lead through the proxy, others stay', () => {
  for (const [link, rewritten] of [
    ['/a?b#c', '/p/a?b#c'],
    ['//10.0.0.1:80/a', '/p/a'],
    ['http://server:6443/a/', '/p/a/'],
    ['/p/a', '/p/a'],
    ['http://other/a', 'http://other/a'],
    ['//other/a', '//other/a'],
    ['a/b', 'a/b'],
    ['#top', '#top'],
    ['', ''],
    ['mailto:x@y', 'mailto:x@y'],
    ['javascript:/x/', 'javascript:/x/'],
    ['data:text/html,/x', 'data:text/html,/x'],
  ] as const) {
    assert.equal(rewriteLink(link, rewriter), rewritten)
  }
})

test('pages keep everything but their links', () => {
  for (const [page, rewritten] of [
    ['<a href="/x">y</a>', '<a href="/p/x">y</a>'],
    ["<A HREF = '/x' class=b>", "<A HREF = '/p/x' class=b>"],
    ['<img src=/x.png/>', '<img src=/p/x.png/>'],
    ['<a title="a > b" href=/x>', '<a title="a > b" href=/p/x>'],
    ['<!-- <a href="/x"> --><b href="/x">', '<!-- <a href="/x"> --><b href="/x">'],
    [
      '<script src="/s">var a = "<a href=/no>"</script><a href=/x>',
      '<script src="/p/s">var a = "<a href=/no>"</script><a href=/p/x>',
    ],
    ['<textarea><a href=/no></TEXTAREA><form action=/x>', '<textarea><a href=/no></TEXTAREA><form action=/p/x>'],
    ['<a data-href="/no" href="/x" hreflang="/no">', '<a data-href="/no" href="/p/x" hreflang="/no">'],
    ['<a href>1 < 2</a><a href="/x', '<a href>1 < 2</a><a href="/x'],
    ['<a ="/x" href="">', '<a ="/x" href="">'],
  ] as const) {
    assert.equal(rewriteHtml(page, rewriter), rewritten)
  }
})

test('a page takes no longer than its length, whatever it holds', () => {
  const start = performance.now()
  for (const piece of [
    '<a',
    '<a "',
    '<!--',
    '<a href',
    '<script>',
    '<a x=\'">',
    `<a ${'b '.repeat(100)}>`,
    '<a href=/'.padEnd(100, '='),
  ]) {
    const page = piece.repeat(Math.floor(1_000_000 / piece.length))
    assert.ok(rewriteHtml(page, rewriter).length >= page.length)
  }
  assert.ok(performance.now() - start < 5000)
})

test('paths at the target', () => {
  const pod = '/api/v1/namespaces/d/pods/web/proxy'
  for (const [client, rest, path, prefix] of [
    [pod, '', '', pod],
    [`${pod}/`, '', '/', pod],
    [`${pod}/a/b`, 'a/b', '/a/b', pod],
    [`${pod}/a/b/`, 'a/b', '/a/b/', pod],
    [`${pod}/a%20b/%3Fq`, 'a b/?q', '/a%20b/%3Fq', pod],
    [`${pod}/../..`, '../..', '/', pod],
    [`${pod}/a/../../b`, 'a/../../b', '/b', pod],
    [`${pod}/a:b@c,d;e=f&g+h$i!j'k(l)m*`, "a:b@c,d;e=f&g+h$i!j'k(l)m*", '/a:b@c,d;e=f&g+h$i%21j%27k%28l%29m%2A', pod],
  ] as const) {
    assert.deepEqual(proxyPath(client, rest), { path, prefix }, client)
  }
})
