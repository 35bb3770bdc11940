(card) => {
  const canvas = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
  const pixel = (color) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = color;
    canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data];
  };
  const linear = (value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);
  const luminance = (color) => {
    const [red, green, blue] = pixel(color).map((value) => linear(value / 255));
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const behind = (element) => {
    const color = getComputedStyle(element).backgroundColor;
    return pixel(color)[3] === 255 ? color : behind(element.parentElement);
  };
  const ratio = (element) => {
    const pair = [luminance(getComputedStyle(element).color), luminance(behind(element))];
    return (Math.max(...pair) + 0.05) / (Math.min(...pair) + 0.05);
  };
  const isIcon = (element) => element.localName === "svg";
  const hasText = (element) => [...element.childNodes].some((node) => node.data?.trim());
  return [...card.shadowRoot.querySelectorAll("*")]
    .filter((each) => each.checkVisibility() && !each.closest(".said") && (isIcon(each) || hasText(each)))
    .map((each) => [isIcon(each), `${each.parentElement.localName} ${each.localName}`, ratio(each)]);
}
