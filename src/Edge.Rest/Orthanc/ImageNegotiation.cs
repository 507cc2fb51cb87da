using System.Globalization;
using Edge.Engine.Images;
using Microsoft.Extensions.Primitives;

namespace Edge.Rest.Orthanc;

/// <summary>Chooses the file of a picture by the <c>Accept</c> header as Orthanc does: the best quality wins, of equal ones the first; wildcards mean PNG.</summary>
internal static class ImageNegotiation
{
    private const int MaximumRanges = 64;

    /// <returns>Null where nothing that is offered is accepted.</returns>
    public static PictureFormat? Choose(StringValues accept)
    {
        PictureFormat? best = null;
        double bestQuality = 0;
        int ranges = 0;
        foreach (string? line in accept)
        {
            foreach (Range part in line.AsSpan().Split(','))
            {
                ReadOnlySpan<char> range = line.AsSpan()[part].Trim();
                if (range.IsEmpty || ++ranges > MaximumRanges)
                {
                    continue;
                }

                int semicolon = range.IndexOf(';');
                if (FormatOf((semicolon < 0 ? range : range[..semicolon]).Trim()) is { } format && Quality(semicolon < 0 ? [] : range[(semicolon + 1)..]) is var quality && quality > bestQuality)
                {
                    (best, bestQuality) = (format, quality);
                }
            }
        }

        return ranges == 0 ? PictureFormat.Png : best;
    }

    /// <summary>The media type of a picture.</summary>
    public static string MediaType(PictureFormat format) => format switch
    {
        PictureFormat.Jpeg => "image/jpeg",
        PictureFormat.Pam => "image/x-portable-arbitrarymap",
        _ => "image/png",
    };

    private static PictureFormat? FormatOf(ReadOnlySpan<char> range) => range switch
    {
        "*/*" or "image/*" => PictureFormat.Png,
        _ when range.Equals("image/png", StringComparison.OrdinalIgnoreCase) => PictureFormat.Png,
        _ when range.Equals("image/jpeg", StringComparison.OrdinalIgnoreCase) => PictureFormat.Jpeg,
        _ when range.Equals("image/x-portable-arbitrarymap", StringComparison.OrdinalIgnoreCase) => PictureFormat.Pam,
        _ => null,
    };

    private static double Quality(ReadOnlySpan<char> parameters)
    {
        foreach (Range part in parameters.Split(';'))
        {
            ReadOnlySpan<char> parameter = parameters[part].Trim();
            if (parameter.StartsWith("q=", StringComparison.OrdinalIgnoreCase))
            {
                return double.TryParse(parameter[2..], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double quality) ? quality : 0;
            }
        }

        return 1;
    }
}
