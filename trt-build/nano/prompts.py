"""The words that nano knows: the system text, the questions and the answers. The product's recipes ask exactly these.

Nothing here depends on torch; training, evaluation and the tokenizer all read the same table.
"""
import math
from dataclasses import dataclass

SYSTEM = "You inspect parts. Answer in JSON: a verdict PASS, REJECT or REVIEW with findings, a code, or a time in seconds."

# What the host appends after the generation prompt (or after the thought) to close the thought, and the start of each kind of answer.
# The logits after the last token of FORCED decide between PASS, REJECT and REVIEW.
CLOSE = "\n</think>\n\n"
VERDICT, CODE, AT = '{"verdict":"', '{"code":', '{"at":'
FORCED = CLOSE + VERDICT

VERDICTS = ("PASS", "REJECT", "REVIEW")
MOST_FINDINGS = 16
MOST_THOUGHTS = 3


@dataclass(frozen=True)
class Prompt:
    """One question about one kind of picture and the defect classes that make its answer REJECT."""

    task: str  # bracket | board | pair | screw
    question: str
    rejects: tuple[str, ...]  # classes of boxes that are rejected
    reviews: tuple[str, ...] = ()  # classes of boxes that hide what the question asks about


PROMPTS = (
    Prompt("bracket", "Is a bolt missing?", ("missing_bolt",), ("obscured_bolt",)),
    Prompt("bracket", "Is a wrong bolt fitted?", ("wrong_bolt",), ("obscured_bolt",)),
    Prompt("bracket", "Is a bolt cross-threaded?", ("cross_threaded",), ("obscured_bolt",)),
    Prompt("bracket", "Is the surface scratched?", ("scratch",), ("obscured_surface",)),
    Prompt("bracket", "Is the part cracked?", ("crack",), ("obscured_surface",)),
    Prompt("bracket", "Is the surface dented?", ("dent",), ("obscured_surface",)),
    Prompt("bracket", "Is the label wrong or unreadable?", ("bad_label",), ("obscured_label",)),
    Prompt("board", "Is the board defective?", ("open", "short", "mousebite", "spur", "spurious_copper", "pin_hole")),
    Prompt("screw", "Is the screw missing?", ("missing_screw",)),
    Prompt("pair", "Does the part differ from the reference?", ("difference",)),
)
CODE_QUESTION = "Read the code."
CLIP_QUESTIONS = tuple(f"When was bolt {i} fitted?" for i in (1, 2, 3, 4))
QUESTIONS = tuple(p.question for p in PROMPTS) + (CODE_QUESTION,) + CLIP_QUESTIONS

# Every class of box, in the order of the auxiliary head's channels.
CLASSES = tuple(dict.fromkeys(c for p in PROMPTS for c in p.rejects + p.reviews))
CLASS_INDEX = {c: i for i, c in enumerate(CLASSES)}

# Classes whose box is mostly sound metal around a thin line: the dense labels treat them as "somewhere in here".
THIN = ("scratch", "crack")

# Size (height, width) in pixels of a region of the recipes, or of a frame of a clip.
SIZES = {"bracket": (352, 512), "board": (320, 320), "pair": (320, 320), "screw": (256, 256), "label": (48, 224), "clip": (160, 224)}
VERDICT_TASKS = ("bracket", "board", "pair", "screw")

# The label's region in the bracket's nominal picture: left, top in pixels. Its text stands in the middle, a character every 15 pixels.
LABEL_AT = (208, 310)
CHARACTER_PITCH = 15

# A picture is resized to whole merged patches of 32 px, and to at least this many pixels: fine cracks need small patches.
LEAST_PIXELS, MOST_PIXELS = 262144, 1048576
FACTOR = 32

# A clip's frames a second, and their number.
FPS, FRAMES = 4, 32

CHARACTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-"
LONGEST_CODE = 16


def resized(height, width):
    """(height, width) that the image processor resizes a picture to."""
    h, w = round(height / FACTOR) * FACTOR, round(width / FACTOR) * FACTOR
    if h * w > MOST_PIXELS:
        beta = math.sqrt(height * width / MOST_PIXELS)
        h, w = max(FACTOR, math.floor(height / beta / FACTOR) * FACTOR), max(FACTOR, math.floor(width / beta / FACTOR) * FACTOR)
    elif h * w < LEAST_PIXELS:
        beta = math.sqrt(LEAST_PIXELS / (height * width))
        h, w = math.ceil(height * beta / FACTOR) * FACTOR, math.ceil(width * beta / FACTOR) * FACTOR
    return h, w


def seen(task):
    """(height, width) in pixels of what the model sees of a task's picture; frames of a clip are not resized."""
    return SIZES[task] if task == "clip" else resized(*SIZES[task])


def prompts_of(task):
    """The verdict prompts asked of one kind of picture, in order."""
    return [p for p in PROMPTS if p.task == task]


def timestamps(frames=FRAMES, fps=FPS):
    """Seconds of each pair of frames, as the processor writes them before it."""
    return [f"<{(i + i + 1) / 2 / fps:.1f} seconds>" for i in range(0, frames, 2)]


def prefix_text(task):
    """The conversation up to the question, shared by all questions about one picture; one pad stands for each picture."""
    picture = "<|vision_start|><|image_pad|><|vision_end|>"
    shown = {"pair": f"Reference:{picture}Part:{picture}",
             "clip": "".join(t + "<|vision_start|><|video_pad|><|vision_end|>" for t in timestamps())}.get(task, picture)
    return f"<|im_start|>system\n{SYSTEM}<|im_end|>\n<|im_start|>user\n{shown}"


def ask_text(question):
    """What follows the picture, up to where the model thinks."""
    return f"{question}<|im_end|>\n<|im_start|>assistant\n<think>\n"


def question_text(question, opening=VERDICT):
    """What follows the picture, up to the place where the answer is read without a thought."""
    return ask_text(question) + CLOSE + opening


def opening_of(question):
    return CODE if question == CODE_QUESTION else AT if question in CLIP_QUESTIONS else VERDICT


def box_text(box):
    return f'[{",".join(str(v) for v in box)}]'


def answer_text(verdict, findings=()):
    """The rest of the answer after FORCED, without the end of turn; findings are (code, x0,y0,x1,y1 in 0..1000 of the picture)."""
    if verdict != "REJECT":
        return f'{verdict}"}}'
    said = ",".join(f'{{"defect":"{code}","box":{box_text(box)}}}' for code, box in findings)
    return f'REJECT","findings":[{said}]}}'


def thought_text(verdict, findings=()):
    """One sentence for each finding, at most three."""
    if verdict == "REJECT":
        return " ".join(f"I see {code} at {box_text(box)}." for code, box in findings[:MOST_THOUGHTS])
    return "I see no defect." if verdict == "PASS" else "I cannot see it."


def code_text(code):
    """The rest of the answer after CODE; None where nothing can be read."""
    return "null}" if code is None else f'"{code}"}}'


def at_text(seconds):
    """The rest of the answer after AT; None for a part that was never fitted."""
    return "null}" if seconds is None else f"{seconds:.1f}}}"
