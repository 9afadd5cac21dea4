/** Version of this library, as in package.json. A bundle has no package.json to read. */
export const VERSION = '0.1.0'
