/** The bundler takes styles; the compiler need not know them. */
declare module '*.css';
