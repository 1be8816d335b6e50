"""The words that nano knows: the system text, the questions and the answers. The product's recipes ask exactly these.

Nothing here depends on torch; training, evaluation and the tokenizer all read the same table.
"""
from dataclasses import dataclass

SYSTEM = "You inspect parts. Answer in JSON: verdict PASS, REJECT or REVIEW, then defect and box."

# What the host appends after the generation prompt: the thought is closed and the answer begun.
# The logits after the last token of this text decide between PASS, REJECT and REVIEW.
FORCED = '\n</think>\n\n{"verdict":"'

VERDICTS = ("PASS", "REJECT", "REVIEW")


@dataclass(frozen=True)
class Prompt:
    """One question about one kind of picture and the defect classes that make its answer REJECT."""

    task: str  # bracket | board | screw
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
)

# Every class of box, in the order of the auxiliary head's channels.
CLASSES = tuple(dict.fromkeys(c for p in PROMPTS for c in p.rejects + p.reviews))
CLASS_INDEX = {c: i for i, c in enumerate(CLASSES)}

# Classes whose box is mostly sound metal around a thin line: the dense labels treat them as "somewhere in here".
THIN = ("scratch", "crack")

# Size (height, width) in pixels of the picture that the model sees.
SIZES = {"bracket": (352, 512), "board": (320, 320), "screw": (256, 256)}


def prompts_of(task):
    """The prompts asked of one kind of picture, in order."""
    return [p for p in PROMPTS if p.task == task]


def prefix_text():
    """The conversation up to and including the picture's placeholder, shared by all questions about one picture."""
    return (f"<|im_start|>system\n{SYSTEM}<|im_end|>\n<|im_start|>user\n<|vision_start|><|image_pad|><|vision_end|>")


def question_text(question):
    """What follows the picture, up to the place where the verdict is read."""
    return f"{question}<|im_end|>\n<|im_start|>assistant\n<think>\n{FORCED}"


def answer_text(verdict, defect=None, box=None):
    """The rest of the answer after FORCED, without the end of turn; box is x0,y0,x1,y1 in 0..1000 of the picture."""
    if verdict != "REJECT":
        return f'{verdict}"}}'
    return f'REJECT","defect":"{defect}","box":[{",".join(str(v) for v in box)}]}}'
