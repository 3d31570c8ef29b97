/** Personal data and secrets that are nobody's. Tokens are put together here so that no scanner takes this file for a leak. */
export const SSN = '521-44-9876';
export const EMAIL = 'ada.example@example.com';
export const GITHUB_TOKEN = ['ghp', 'Invented0Token0That0Opens0Nothing000'].join('_');
