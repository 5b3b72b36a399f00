/** One triangle that covers everything. */
export const VERTEX = `#version 300 es
void main() {
  vec2 corner = vec2(gl_VertexID == 1 ? 3.0 : -1.0, gl_VertexID == 2 ? 3.0 : -1.0);
  gl_Position = vec4(corner, 0.0, 1.0);
}`

/** From samples to colours: levels, gamma, colour map; full scale in red; a Bayer pattern by the mean of the neighbours. */
export const FRAGMENT = `#version 300 es
precision highp float;
precision highp int;
precision highp usampler2D;
uniform usampler2D samples;
uniform sampler2D map;
uniform ivec2 size;
uniform vec2 corner;
uniform float canvasHeight;
uniform float scale;
uniform float black;
uniform float white;
uniform float gamma;
uniform uint full;
uniform bool saturation;
uniform bool rgb;
uniform ivec2 red;
uniform bool demosaic;
out vec4 colour;

uvec3 at(ivec2 place) {
  return texelFetch(samples, clamp(place, ivec2(0), size - 1), 0).rgb;
}

// 0 red, 1 green, 2 blue: red and blue lie on one diagonal of each cell.
int kindOf(ivec2 place) {
  ivec2 in_cell = (place + red) & 1;
  return in_cell.x + in_cell.y;
}

vec3 demosaiced(ivec2 place) {
  vec3 sum = vec3(0.0);
  vec3 count = vec3(0.0);
  for (int y = -1; y <= 1; y++) {
    for (int x = -1; x <= 1; x++) {
      ivec2 near = place + ivec2(x, y);
      if (any(lessThan(near, ivec2(0))) || any(greaterThanEqual(near, size))) continue;
      int kind = kindOf(near);
      sum[kind] += float(at(near).r);
      count[kind] += 1.0;
    }
  }
  vec3 mean = sum / max(count, vec3(1.0));
  mean[kindOf(place)] = float(at(place).r);
  return mean;
}

vec3 level(vec3 value) {
  return pow(clamp((value - black) / max(white - black, 1.0), 0.0, 1.0), vec3(1.0 / gamma));
}

void main() {
  vec2 pixel = vec2(gl_FragCoord.x, canvasHeight - gl_FragCoord.y);
  ivec2 place = ivec2(floor((pixel - corner) / scale));
  if (any(lessThan(place, ivec2(0))) || any(greaterThanEqual(place, size))) {
    colour = vec4(0.0);
    return;
  }
  uvec3 value = at(place);
  bool isFull = rgb ? any(greaterThanEqual(value, uvec3(full))) : value.r >= full;
  if (saturation && isFull) {
    colour = vec4(1.0, 0.1, 0.1, 1.0);
  } else if (rgb) {
    colour = vec4(level(vec3(value)), 1.0);
  } else if (demosaic) {
    colour = vec4(level(demosaiced(place)), 1.0);
  } else {
    float grey = level(vec3(float(value.r))).r;
    colour = vec4(texelFetch(map, ivec2(int(grey * 255.0 + 0.5), 0), 0).rgb, 1.0);
  }
}`
