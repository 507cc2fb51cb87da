using System.Buffers;
using System.Buffers.Text;

namespace Edge.Imaging.Output;

/// <summary>Writes stored values as an expression of Matlab and Octave, in the form of Orthanc's <c>matlab</c> routes.</summary>
public static class MatlabWriter
{
    private const int LongestSample = 12;

    /// <returns>The ASCII text, to be disposed by the caller.</returns>
    public static EncodedImage Encode(PixelBuffer frame)
    {
        int channels = frame.Format.IsColour() ? 3 : 1;
        EncodedImage text = new(frame.Width * frame.Height * channels * 4);
        text.Write(channels == 3 ? "double(permute(reshape([ "u8 : "double([ "u8);
        int samples = frame.Width * channels;
        for (int y = 0; y < frame.Height; y++)
        {
            if (y > 0 && channels == 1)
            {
                text.Write(" ; "u8);
            }
            else if (y > 0)
            {
                text.Write(" "u8);
            }

            Span<byte> room = text.GetSpan(samples * LongestSample);
            int at = 0;
            for (int x = 0; x < samples; x++)
            {
                if (x > 0)
                {
                    room[at++] = (byte)' ';
                }

                Utf8Formatter.TryFormat(Value(frame, (y * samples) + x), room[at..], out int written);
                at += written;
            }

            text.Advance(at);
        }

        if (channels == 3)
        {
            text.Write(System.Text.Encoding.ASCII.GetBytes(string.Create(System.Globalization.CultureInfo.InvariantCulture, $" ], [ 3 {frame.Width} {frame.Height} ]), [ 3 2 1 ]))")));
        }
        else
        {
            text.Write(" ])"u8);
        }

        return text;
    }

    private static long Value(PixelBuffer frame, int index) => frame.Format switch
    {
        PixelFormat.Gray8 or PixelFormat.Rgb24 => frame.Bytes[index],
        PixelFormat.SignedGray16 => frame.Samples<short>()[index],
        PixelFormat.Gray32 => frame.Samples<uint>()[index],
        PixelFormat.SignedGray32 => frame.Samples<int>()[index],
        _ => frame.Samples<ushort>()[index],
    };
}
