using System.Globalization;
using Edge.Core.Errors;

namespace Edge.Rest.Hosting;

/// <summary>The entity tag of metadata and attachments: <c>"revision-md5"</c>.</summary>
/// <param name="Revision">The revision, from 0.</param>
/// <param name="Md5">32 lower-case hexadecimal digits.</param>
public readonly record struct RevisionTag(long Revision, string Md5)
{
    /// <summary>Reads a tag from an <c>If-Match</c> or <c>If-None-Match</c> header.</summary>
    /// <exception cref="EdgeException">400 (3) where the text is not of the form number-text.</exception>
    public static RevisionTag Parse(string header)
    {
        ReadOnlySpan<char> text = header.AsSpan().Trim(' ');
        if (text.Length >= 2 && text[0] == '"' && text[^1] == '"')
        {
            text = text[1..^1];
        }

        int dash = text.IndexOf('-');
        return dash > 0 && long.TryParse(text[..dash], NumberStyles.None, CultureInfo.InvariantCulture, out long revision)
            ? new RevisionTag(revision, text[(dash + 1)..].ToString())
            : throw new EdgeException(ErrorCode.ParameterOutOfRange, "The \"If-Match\" or \"If-None-Match\" header is malformed");
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"\"{Revision}-{Md5}\"");
}

/// <content>Conditional requests and negotiation.</content>
public sealed partial class RestRequest
{
    /// <summary>The tag of the <c>If-Match</c> header, null where there is none.</summary>
    /// <exception cref="EdgeException">400 (3) where it is malformed.</exception>
    public RevisionTag? IfMatch() => Header("If-Match") is { } header ? RevisionTag.Parse(header) : null;

    /// <summary>The tag of the <c>If-None-Match</c> header, null where there is none.</summary>
    /// <exception cref="EdgeException">400 (3) where it is malformed; the answer keeps an <c>ETag</c> that was set before.</exception>
    public RevisionTag? IfNoneMatch() => Header("If-None-Match") is { } header ? RevisionTag.Parse(header) : null;

    /// <summary>Sets the <c>ETag</c> of the answer, of an error too.</summary>
    public void SetETag(RevisionTag tag) => _response.Headers.ETag = tag.ToString();

    /// <summary>
    /// Chooses among content types by the <c>Accept</c> header: the highest quality wins, then the more specific range, then the order offered.
    /// </summary>
    /// <returns>One of <paramref name="offered"/>, the first where the header is absent, null where none is acceptable (406).</returns>
    public string? Negotiate(params ReadOnlySpan<string> offered) => AcceptHeader.Choose(_request.Headers.Accept, offered);
}
