// Leads from the page of a coupon, which describes it to messengers, to the coupon in the console.
document.addEventListener('DOMContentLoaded', () => {
  const link = document.getElementById('console');
  if (link !== null) window.location.replace(link.getAttribute('href'));
});
