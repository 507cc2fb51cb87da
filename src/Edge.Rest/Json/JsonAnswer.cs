using System.Text.Json;
using Microsoft.Extensions.Primitives;

namespace Edge.Rest.Json;

/// <summary>How JSON answers look: as Orthanc's, indented by three spaces, non-ASCII characters escaped.</summary>
public static class JsonAnswer
{
    public const string ContentType = "application/json; charset=utf-8";

    /// <summary>The one configuration of writers.</summary>
    public static readonly JsonWriterOptions WriterOptions = new()
    {
        Indented = true,
        IndentCharacter = ' ',
        IndentSize = 3,
        NewLine = "\n",
        MaxDepth = 256,
        Encoder = OrthancJsonEncoder.Instance,
    };

    /// <summary>Whether the client prefers XML: the header is split at semicolons alone, the last exact token of <c>application/xml</c> and <c>application/json</c> counts.</summary>
    internal static bool PrefersXml(StringValues accept)
    {
        bool xml = false;
        foreach (string? line in accept)
        {
            if (line is null || line == "*/*")
            {
                continue;
            }

            foreach (Range part in line.AsSpan().Split(';'))
            {
                ReadOnlySpan<char> token = line.AsSpan()[part].Trim();
                xml = token is "application/xml" || (xml && token is not "application/json");
            }
        }

        return xml;
    }
}
