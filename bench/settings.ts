/** What all processes of the benchmark agree on. Invented ids, no secrets. */
export const APP_SECRET = 'app-secret-of-the-benchmark';
export const PAGE_TOKEN = 'EAAtokenOfTheBenchmark0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ';
export const VERIFY_TOKEN = 'verify-token-of-the-benchmark';
export const PAGE_ID = '111222333444555';
export const BOT_APP_ID = '900100200300400';
/** VCC Live's. */
export const OTHER_APP_ID = '900500600700800';
export const API_VERSION = 'v26.0';
export const WEBHOOK_PATH = '/api/messages';
/** How many requests the load, and what sends, have open at one time. */
export const CONNECTIONS = 32;
