/** `npm run prose` finds sentences that are too long and words to stop using, in every kind of text. */
import { describe, expect, test } from 'vitest'
import { lintFile } from '../../../scripts/prose/lint.mjs'

const LONG = `A path ${'and another path '.repeat(12)}is up.`
const texts = (sentence: string): (readonly [kind: string, file: string, content: string, line: number])[] => [
  ['a document', 'docs/a.md', `# A\n\nShort.\n${sentence}\n`, 3],
  ['a list of a document', 'docs/a.md', `- ${sentence}\n`, 1],
  ['a table of a document', 'docs/a.md', `| a | b |\n| --- | --- |\n| c | ${sentence} |\n`, 3],
  ['a line comment', 'lib/a.ts', `const a = 1\n// ${sentence}\nconst b = 2\n`, 2],
  ['a comment behind code', 'lib/a.ts', `const a = 1 // ${sentence}\n`, 1],
  ['a doc comment', 'lib/a.ts', `/**\n * Short.\n *\n * ${sentence}\n */\nexport const a = 1\n`, 4],
  ['a tag of a doc comment', 'scripts/a.mjs', `/** Short. @param {{ a: string }} a ${sentence} */\nexport const f = (a) => a\n`, 1],
  ['a message', 'lib/a.ts', `const a = 1\nthrow new Error('${sentence}')\n`, 2],
  ['a message with a value', 'lib/a.ts', `throw new Error(\`\${name}: ${sentence}\`)\n`, 1],
  ['a comment of C++', 'native/a.cc', `int a = 1;\n  // ${sentence}\nint b = 2; /* x */\n`, 2],
  ['a comment of a shell script', 'scripts/a.sh', `#!/bin/sh\n# ${sentence}\necho\n`, 2],
]

describe('a sentence of more than 35 words is found in', () => {
  test.each(texts(LONG))('%s', async (_, file, content, line) => {
    expect(await lintFile(file, content, { messages: true })).toEqual([
      { file, line, message: expect.stringMatching(/^A sentence of \d+ words, at most 35: /) as string },
    ])
  })
})

describe('a word to stop using is found in', () => {
  test.each(texts('The disk is taken away by the kernel.'))('%s', async (_, file, content, line) => {
    expect(await lintFile(file, content, { messages: true })).toEqual([
      {
        file,
        line: expect.toSatisfy((found: number) => Math.abs(found - line) <= 1) as number,
        message: expect.stringContaining('removed') as string,
      },
    ])
  })
})

test.each([
  ['short sentences', 'docs/a.md', 'The kernel removes the disk. The session stays.\n'],
  ['code', 'docs/a.md', 'Call `story.told()`:\n\n```ts\nstory.told()\n```\n'],
  ['names in code', 'lib/a.ts', "import { told } from './story.js'\nexport const story = told('story')\n"],
  ['line comments that do not belong together', 'lib/a.ts', `const a = 1 // ${LONG.slice(0, 100)}\n\n// ${LONG.slice(0, 100)}\n`],
])('%s pass', async (_, file, content) => {
  expect(await lintFile(file, content, { messages: true })).toEqual([])
})
