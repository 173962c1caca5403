"""A text of our own about tending a garden, in lower-case letters, for character networks."""

from typing import Final

TEXT: Final = """\
the garden behind the house had not been touched for eleven years, and everything in it had done as
it liked. the roses had climbed the pear tree, the pear tree leaned on the wall, and the wall, which
was old and tired, leaned on nothing at all. mira stood at the gate with a rake in her hand and did
not know where to begin.

begin with the water, said her grandfather, who sat on an upturned bucket and peeled an apple. if
the water does not run, nothing else matters. you can plant what you want and prune what you want,
it will dry out at the far end and drown at the near one. so they looked for the water first. there
was a spring at the top of the slope, and from the spring a narrow channel of stones went down past
every bed. at the top it ran full and quick. at the second bed it was half as wide. at the fifth bed
it was a thread, and at the last bed, where the lilies had been, there was not a drop.

why does it get less, asked mira. every bed takes a little, said the old man, and every crack takes
a little more. a little of a little of a little is soon nothing. it is not the fault of the last bed
that it is dry. people always dig up the last bed, because that is where they see the harm, and they
put in new earth and new lilies, and the new lilies die like the old ones. go up the channel, stone
by stone, and look for the first place where the water falters.

so she went up, stone by stone. she put her hand in the stream at each bed and counted how long it
took to fill a cup. four breaths at the first bed, eight at the second, sixteen at the third. at the
fourth bed she did not wait any longer. the cracks were all alike, none of them was wide, and none
of them looked like a reason. there is no single hole, she said when she came back. it loses half at
every bed. then it is not a hole, it is the way it was built, said her grandfather, and he cut the
apple in two. what would you do.

mira thought about it for a whole evening. she could open the spring wider, but then the first bed
would be washed away before the last one was wet. she could fill each crack, but there were
hundreds, and the frost would make new ones. in the morning she took the old clay pipes that lay
behind the shed and set them beside the channel, from the spring straight down to the lower beds, so
that the water had a short way besides the long one. what the beds took, they took from the channel,
and what the pipes carried went past all of them and lost nothing.

by noon there was water among the lilies. the old man came down with his stick, and looked, and said
nothing for a while, which was his way of praise. then he asked how she knew that it was the pipes
and not the rain of last night. mira laughed, and then she stopped laughing, because it was a fair
question. she closed the pipes for three days and measured, and opened them for three days and
measured again, and she did it once more to be sure. with the pipes the cup was full in five
breaths, without them it was never full at all. now i know, she said. now you know, he said.

the other spring was worse. it came from the hill after a storm, and each bed it crossed gave it
more speed and more mud, and what began as a trickle ended as a flood that tore out the beans. here
the way was too steep, and every step of it made the water stronger. they built low walls across it,
one for each bed, so that the water had to rest and spread before it went on. a gate at the bottom
would have been less work, said mira. a gate at the bottom saves the fence, said her grandfather,
but not the beans. it is good to have a gate, and it is better not to need one.

in the autumn they sat on two buckets and peeled two apples. the roses were back on their own side,
the wall stood by itself, and the lilies had made seed. write it down, said the old man, what was
wrong, how you saw it, what you tried, and what did not help. mostly what did not help. the next one
who stands at that gate with a rake will be glad of it. so mira wrote it down, bed by bed, from the
spring to the lilies, and that was the first book of the garden.
"""
