using System.Globalization;
using System.Text;
using Edge.Core.Options;

namespace Edge.Core.Logging;

/// <summary>
/// Turns a message into a line. Control characters are escaped, so that nothing received from outside can forge a line.
/// </summary>
/// <param name="format">Text or JSON.</param>
/// <param name="isJournal">Whether lines begin with <c>&lt;priority&gt;</c> instead of the time.</param>
internal sealed class LogLineFormatter(LogFormat format, bool isJournal)
{
    /// <summary>The least buffer for any line of these lengths: a character is six bytes at most (<c>\u001b</c>).</summary>
    public static int MaximumSize(int categoryLength, int messageLength, string trace)
    {
        int lines = 1;
        foreach (char c in trace)
        {
            lines += c == '\n' ? 1 : 0;
        }

        return (6 * (messageLength + trace.Length)) + ((lines + 1) * (categoryLength + 96));
    }

    /// <returns>The number of bytes written.</returns>
    public int Format(Span<byte> to, DateTimeOffset time, LogSeverity severity, string category, ReadOnlySpan<char> message, string trace)
    {
        Cursor cursor = new(to);
        if (format == LogFormat.Json)
        {
            FormatJson(ref cursor, time, severity, category, message, trace);
            return cursor.Length;
        }

        Begin(ref cursor, time, severity, category);
        cursor.AppendEscaped(message, false);
        cursor.Append("\n"u8);
        foreach (Range range in trace.AsSpan().Split('\n'))
        {
            ReadOnlySpan<char> line = trace.AsSpan()[range].TrimEnd();
            if (line.Length > 0)
            {
                Begin(ref cursor, time, severity, category);
                cursor.Append("  "u8);
                cursor.AppendEscaped(line, false);
                cursor.Append("\n"u8);
            }
        }

        return cursor.Length;
    }

    private void FormatJson(
        ref Cursor cursor, DateTimeOffset time, LogSeverity severity, string category, ReadOnlySpan<char> message, string trace)
    {
        if (isJournal)
        {
            cursor.AppendPriority(severity);
        }

        cursor.Append("{\"time\":\""u8);
        cursor.AppendTime(time);
        cursor.Append("\",\"level\":\""u8);
        cursor.Append(severity switch
        {
            LogSeverity.Error => "error"u8,
            LogSeverity.Warning => "warning"u8,
            LogSeverity.Info => "info"u8,
            _ => "trace"u8,
        });
        cursor.Append("\",\"category\":\""u8);
        cursor.AppendEscaped(category, true);
        cursor.Append("\",\"message\":\""u8);
        cursor.AppendEscaped(message, true);
        if (trace.Length > 0)
        {
            cursor.Append("\",\"exception\":\""u8);
            cursor.AppendEscaped(trace, true);
        }

        cursor.Append("\"}\n"u8);
    }

    private void Begin(ref Cursor cursor, DateTimeOffset time, LogSeverity severity, string category)
    {
        if (isJournal)
        {
            cursor.AppendPriority(severity);
        }
        else
        {
            cursor.AppendTime(time);
            cursor.Append(severity switch
            {
                LogSeverity.Error => " E "u8,
                LogSeverity.Warning => " W "u8,
                LogSeverity.Info => " I "u8,
                _ => " T "u8,
            });
        }

        cursor.AppendEscaped(category, false);
        cursor.Append(": "u8);
    }

    private ref struct Cursor(Span<byte> to)
    {
        private readonly Span<byte> _to = to;

        public int Length { get; private set; }

        public void Append(scoped ReadOnlySpan<byte> bytes)
        {
            bytes.CopyTo(_to[Length..]);
            Length += bytes.Length;
        }

        public void AppendPriority(LogSeverity severity)
        {
            ReadOnlySpan<byte> text = [(byte)'<', (byte)('0' + (int)severity), (byte)'>'];
            Append(text);
        }

        public void AppendTime(DateTimeOffset time)
        {
            time.TryFormat(_to[Length..], out int written, "yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
            Length += written;
        }

        public void AppendEscaped(scoped ReadOnlySpan<char> text, bool isJson)
        {
            while (text.Length > 0)
            {
                int plain = 0;
                while (plain < text.Length && !MustEscape(text[plain], isJson))
                {
                    plain++;
                }

                Length += Encoding.UTF8.GetBytes(text[..plain], _to[Length..]);
                if (plain == text.Length)
                {
                    return;
                }

                AppendEscape(text[plain]);
                text = text[(plain + 1)..];
            }
        }

        // C1 controls and the line separators too: terminals and readers of JSON lines act on them.
        private static bool MustEscape(char c, bool isJson) =>
            c < ' ' || (c >= '\u007f' && c <= '\u009f') || c is '\u2028' or '\u2029' || (isJson && c is '"' or '\\');

        private void AppendEscape(char c)
        {
            ReadOnlySpan<byte> hex = "0123456789abcdef"u8;
            switch (c)
            {
                case '\n': Append("\\n"u8); break;
                case '\r': Append("\\r"u8); break;
                case '\t': Append("\\t"u8); break;
                case '"': Append("\\\""u8); break;
                case '\\': Append("\\\\"u8); break;
                default:
                    ReadOnlySpan<byte> escape = [(byte)'\\', (byte)'u', hex[c >> 12], hex[(c >> 8) & 15], hex[(c >> 4) & 15], hex[c & 15]];
                    Append(escape);
                    break;
            }
        }
    }
}
