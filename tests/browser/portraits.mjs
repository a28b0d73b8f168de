// Photos of people who do not exist, drawn by the browser: the walks need pictures that differ and may be shown to anybody.

// One portrait as JPEG bytes. look: { sky, ground, skin, hair, shirt, long } as CSS colours; `turn` −1…1 moves the head.
export async function portrait(page, look, turn = 0) {
  const url = await page.evaluate(({ look, turn }) => {
    const canvas = document.createElement("canvas");
    canvas.width = 960;
    canvas.height = 1200;
    const pen = canvas.getContext("2d");
    const blob = (color, x, y, width, height) => {
      pen.fillStyle = color;
      pen.beginPath();
      pen.ellipse(x, y, width, height, 0, 0, 2 * Math.PI);
      pen.fill();
    };
    const sky = pen.createLinearGradient(0, 0, 0, 1200);
    sky.addColorStop(0, look.sky[0]);
    sky.addColorStop(1, look.sky[1]);
    pen.fillStyle = sky;
    pen.fillRect(0, 0, 960, 1200);
    blob("#ffffff66", 760 - 120 * turn, 190, 90, 90);
    pen.fillStyle = look.ground;
    pen.beginPath();
    pen.moveTo(0, 900);
    pen.quadraticCurveTo(240, 620 + 60 * turn, 480, 840);
    pen.quadraticCurveTo(720, 660 - 60 * turn, 960, 860);
    pen.lineTo(960, 1200);
    pen.lineTo(0, 1200);
    pen.fill();
    const x = 480 + 60 * turn;
    if (look.long) blob(look.hair, x, 640, 235, 330);
    blob(look.shirt, x, 1240, 380, 330);
    blob(look.skin, x, 880, 80, 120); // neck
    if (look.long) blob(look.hair, x, 500, 225, 245);
    else blob(look.hair, x, 470, 205, 225);
    blob(look.skin, x + 14 * turn, 570, 175, 220);
    pen.fillStyle = look.hair;
    pen.beginPath();
    pen.moveTo(x - 190, 520);
    pen.quadraticCurveTo(x - 120, 300, x + 40, 370);
    pen.quadraticCurveTo(x + 190, 380, x + 192, 540);
    pen.quadraticCurveTo(x + 120, 430, x, 440);
    pen.quadraticCurveTo(x - 130, 430, x - 190, 520);
    pen.fill();
    for (const side of [-1, 1]) {
      blob("#fff", x + 70 * side + 24 * turn, 560, 27, 19);
      blob("#3a2c25", x + 70 * side + 32 * turn, 561, 13, 15);
      pen.strokeStyle = look.hair;
      pen.lineWidth = 10;
      pen.beginPath();
      pen.arc(x + 70 * side + 24 * turn, 560, 46, Math.PI * 1.25, Math.PI * 1.75);
      pen.stroke();
      blob("#e8776a33", x + 105 * side + 14 * turn, 640, 34, 24);
    }
    pen.strokeStyle = "#00000026";
    pen.lineWidth = 8;
    pen.beginPath();
    pen.moveTo(x + 26 * turn, 570);
    pen.quadraticCurveTo(x + 40 * turn + 18, 640, x + 26 * turn - 6, 645);
    pen.stroke();
    pen.strokeStyle = "#b4514a";
    pen.lineWidth = 13;
    pen.lineCap = "round";
    pen.beginPath();
    pen.arc(x + 20 * turn, 650, 70, 0.22 * Math.PI, 0.78 * Math.PI);
    pen.stroke();
    return canvas.toDataURL("image/jpeg", 0.9);
  }, { look, turn });
  return Buffer.from(url.slice(url.indexOf(",") + 1), "base64");
}

export const looks = {
  anna: { sky: ["#ffd8a8", "#f7a7a6"], ground: "#7a9e7e", skin: "#f3cfb3", hair: "#6b3f2a", shirt: "#c94f4f", long: true },
  max: { sky: ["#a8d8ff", "#e8f4ff"], ground: "#5b8a72", skin: "#e9bd96", hair: "#3d2b1f", shirt: "#2f5d8a", long: false },
};

// What an input of the page takes: [{ name, mimeType, buffer }].
export async function photosOf(page, look, count) {
  const out = [];
  for (let at = 0; at < count; at += 1) {
    const turn = count === 1 ? 0 : (2 * at) / (count - 1) - 1;
    out.push({ name: `${at + 1}.jpg`, mimeType: "image/jpeg", buffer: await portrait(page, look, turn * 0.8) });
  }
  return out;
}
