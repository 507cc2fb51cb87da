using System.Globalization;
using Microsoft.Extensions.Primitives;

namespace Edge.Rest.Hosting;

/// <summary>Content negotiation (RFC 9110 12.5.1).</summary>
internal static class AcceptHeader
{
    private const int MaximumRanges = 64;

    public static string? Choose(StringValues accept, ReadOnlySpan<string> offered)
    {
        if (accept.Count == 0 || (accept.Count == 1 && string.IsNullOrWhiteSpace(accept[0])))
        {
            return offered[0];
        }

        string? best = null;
        double bestQuality = 0;
        int bestPrecision = -1;
        foreach (string type in offered)
        {
            (double quality, int precision) = Quality(accept, type);
            if (quality > bestQuality || (quality > 0 && quality == bestQuality && precision > bestPrecision))
            {
                (best, bestQuality, bestPrecision) = (type, quality, precision);
            }
        }

        return best;
    }

    /// <summary>The quality that the most specific matching range gives to a type.</summary>
    private static (double Quality, int Precision) Quality(StringValues accept, string type)
    {
        double quality = 0;
        int precision = -1;
        int ranges = 0;
        foreach (string? line in accept)
        {
            foreach (Range part in line.AsSpan().Split(','))
            {
                if (++ranges > MaximumRanges)
                {
                    return (quality, precision);
                }

                ReadOnlySpan<char> range = line.AsSpan()[part].Trim();
                int semicolon = range.IndexOf(';');
                ReadOnlySpan<char> name = (semicolon < 0 ? range : range[..semicolon]).Trim();
                int matched = Matches(name, type);
                if (matched > precision)
                {
                    precision = matched;
                    quality = semicolon < 0 ? 1 : Weight(range[(semicolon + 1)..]);
                }
            }
        }

        return (quality, precision);
    }

    private static int Matches(ReadOnlySpan<char> range, string type)
    {
        if (range.Equals(type, StringComparison.OrdinalIgnoreCase))
        {
            return 2;
        }

        if (range is "*/*")
        {
            return 0;
        }

        return range.EndsWith("/*") && type.AsSpan().StartsWith(range[..^1], StringComparison.OrdinalIgnoreCase) ? 1 : -1;
    }

    private static double Weight(ReadOnlySpan<char> parameters)
    {
        foreach (Range part in parameters.Split(';'))
        {
            ReadOnlySpan<char> parameter = parameters[part].Trim();
            if (parameter.StartsWith("q=", StringComparison.OrdinalIgnoreCase))
            {
                return double.TryParse(parameter[2..], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double weight) ? weight : 0;
            }
        }

        return 1;
    }
}
