export default {
  poweredByHeader: false, // what runs here is nobody's business
};
