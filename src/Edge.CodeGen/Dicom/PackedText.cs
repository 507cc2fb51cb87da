using System.Text;

namespace Edge.CodeGen.Dicom;

/// <summary>Many short ASCII strings in one blob: each different one once.</summary>
internal sealed class PackedText
{
    private readonly StringBuilder _blob = new();
    private readonly Dictionary<string, int> _offsets = new(StringComparer.Ordinal);

    public (int Offset, int Length) Add(string text)
    {
        if (!_offsets.TryGetValue(text, out int offset))
        {
            offset = _blob.Length;
            _offsets.Add(text, offset);
            _blob.Append(text);
        }

        return (offset, text.Length);
    }

    /// <summary>The blob as a C# UTF-8 literal in lines of at most 160 characters.</summary>
    public string ToLiteral(string indent)
    {
        var source = new StringBuilder();
        string all = _blob.ToString();
        for (int at = 0; at < all.Length; at += 150)
        {
            if (at > 0)
            {
                source.Append(" +\n").Append(indent);
            }

            string part = all.Substring(at, Math.Min(150, all.Length - at)).Replace("\\", "\\\\").Replace("\"", "\\\"");
            source.Append('"').Append(part).Append("\"u8");
        }

        return source.Length == 0 ? "\"\"u8" : source.ToString();
    }
}
